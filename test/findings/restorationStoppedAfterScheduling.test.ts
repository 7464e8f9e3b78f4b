import { expect } from "chai";
import { type RestoreOptions, restoreOwner } from "../../client/app/index.ts";
import {
  derivePolicySecrets,
  generateLinkSecret,
  generatePolicyLabel,
  memoryBackend,
} from "../../client/keys/index.ts";
import { idOf, sharedWorld } from "../client/loss/support.ts";
import { memoryStore } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * The change that gives a new device power was remembered after it was scheduled. A stop in between left the restoration to schedule
 * it again and again, which the registry refused until the first had ended. And what was restored was held against the policy only
 * when trustees had waited out their delay.
 */
describe("finding: a restoration that stopped right after it scheduled a change", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  const options = (more: Partial<RestoreOptions> = {}): RestoreOptions => ({
    ...{ registry: world().node.registry, policy: world().record.policy, sender: world().node.relayer },
    ...{ restored: world().record, lost: [idOf(world().laptop)], backend: memoryBackend() },
    ...{ store: memoryStore(), authority: { by: "DEVICE", signer: world().phone } },
    printRootKeys: async () => undefined,
    keepRecord: async () => undefined,
    ...more,
  });

  it("finds the change that waits, and goes on", async () => {
    const once = options();
    let sent = 0;
    const stopping: RestoreOptions = {
      ...once,
      sender: {
        getAddress: () => once.sender.getAddress(),
        sendTransaction: async (call) => {
          const answer = await once.sender.sendTransaction(call);
          sent += 1;
          // Those before: what the lost device proved with, its other rights, and the grant.
          if ((await world().state()).pendingChanges.size > 0) throw new Error("stopped");
          return answer;
        },
      },
    };
    await restoreOwner(stopping).then(
      () => expect.fail("it must stop"),
      () => undefined,
    );
    expect(sent).to.be.greaterThan(1);
    const { waiting } = await restoreOwner(once);
    expect(waiting).to.deep.include({ step: "POWER", for: "CHANGE_DELAY" });
    expect((await world().state()).pendingChanges.size).to.equal(1);
  });

  it("refuses at once what is another policy's", async () => {
    const { creator } = world().record;
    const policySecrets = derivePolicySecrets(generateLinkSecret(), generatePolicyLabel());
    const foreign = options({ restored: { creator, policySecrets } });
    expect(await codeOfAsync(() => restoreOwner(foreign))).to.equal("POLICY_SECRETS_MISMATCH");
    const bare = options({ restored: { creator, policySecrets: undefined } });
    expect(await codeOfAsync(() => restoreOwner(bare))).to.equal("AGENT_RECORD_INCOMPLETE");
  });
});
