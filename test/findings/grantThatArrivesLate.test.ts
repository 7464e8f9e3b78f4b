import { expect } from "chai";
import {
  type AgentRecord,
  decodeAgentRecord,
  encodeAgentRecord,
  type RestoreOptions,
  restoreOwner,
} from "../../client/app/index.ts";
import { keyIdOf, memoryBackend } from "../../client/keys/index.ts";
import { commitToAgentSecrets } from "../../client/policy/index.ts";
import { openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";
import { memoryStore } from "../client/recovery/support.ts";

describe("findings: a grant that arrives late", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("is the one whose secrets the owner keeps", async () => {
    const { node, record, phone } = world;
    const { registry, relayer } = node;
    const kept: AgentRecord[] = [];
    const sent: { to: string; data: string }[] = [];
    const options: RestoreOptions = {
      ...{ registry, policy: record.policy, restored: record, lost: [] },
      ...{ backend: memoryBackend(), store: memoryStore() },
      authority: { by: "DEVICE", signer: phone },
      // The first transaction is taken, and gets through only while the second one is being sent.
      sender: {
        getAddress: () => relayer.getAddress(),
        sendTransaction: async (call) => {
          sent.push(call);
          if (sent.length === 1) throw new Error("the line broke");
          const [late] = sent;
          if (sent.length === 2 && late !== undefined) await relayer.sendTransaction(late);
          return relayer.sendTransaction(call);
        },
      },
      printRootKeys: async () => undefined,
      keepRecord: async (fresh) => void kept.push(decodeAgentRecord(encodeAgentRecord(fresh).reveal())),
    };
    for (let i = 0; i < 3; i++) {
      await restoreOwner(options).catch(() => undefined);
      relayer.reset();
    }
    const { agents } = await world.state();
    const device = kept.at(-1)?.key;
    if (device === undefined) return expect.fail("no record");
    const granted = agents.get(keyIdOf(device))?.grants.at(-1)?.commitment;
    const last = kept.at(-1);
    if (granted === undefined || last === undefined) return expect.fail("nothing was granted");
    expect(commitToAgentSecrets(last.secrets)).to.equal(granted);
  });
});
