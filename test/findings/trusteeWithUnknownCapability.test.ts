import { expect } from "chai";
import { Interface, Wallet } from "ethers";
import { executeChange, proposeTrustees } from "../../client/app/index.ts";
import {
  AGENT_POLICY_REGISTRY_ABI,
  awaitReceipt,
  readTrusteeCapabilities,
  sendCall,
} from "../../client/chain/index.ts";
import { type Hex, hex, hex32 } from "../../client/core/index.ts";
import { keyIdOf, secp256k1Key } from "../../client/keys/index.ts";
import {
  buildRecoveryVote,
  type TrusteeSettings,
  trusteeQuorumsFrom,
  trusteeStruct,
  trusteeTypedData,
} from "../../client/policy/index.ts";
import { consentTypedData } from "../../client/trustees/index.ts";
import { DAY, openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";
import { setOf } from "../recovery/trusteeSet.ts";

const REGISTRY = new Interface(AGENT_POLICY_REGISTRY_ABI);
/** ADMIN_AUTHZ, and a bit that means nothing. */
const BITS = 8 | 16;

/**
 * A thief who had trustees of his own come into force gave one a capability that there is not. Once it acted, nobody could read
 * the policy any more: no watcher saw the recovery that followed.
 */
describe("finding: a trustee with an unknown capability blinds all readers", () => {
  let world: TrusteeWorld;

  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("is read as what it may do", async () => {
    const { registry, relayer: sender } = world.node;
    const { policy } = world.record;
    const members = await Promise.all(
      Array.from({ length: 3 }, async (_, i) => {
        const wallet = Wallet.createRandom();
        const key = secp256k1Key(wallet.address);
        const deadline = 2n ** 40n;
        const { location } = registry;
        const data = consentTypedData({ location, policy, capabilities: [], deadline }, key);
        const message = { ...data.message, capabilities: BITS };
        const consent = await wallet.signTypedData(data.domain, structuredClone(data.types), message);
        const salt = hex32(`0x${`0${i}`.repeat(32)}`);
        const struct = { kind: 1, key: key.material, capabilities: BITS, deadline, consent, salt };
        return { wallet, key, party: undefined as never, trustee: struct };
      }),
    );
    const set = setOf(members);
    const number = (field: string) => Number(set.settings[field as keyof typeof set.settings]);
    const settings: TrusteeSettings = {
      ...{ root: hex32(String(set.settings.root)), quorums: trusteeQuorumsFrom(number) },
      ...{ delay: number("delay"), window: number("window") },
      shareSet: hex32(String(set.settings.shareSet)),
    };
    const { change } = await proposeTrustees({ registry, sender, signer: world.phone, policy }, settings);
    await world.pass(2 * DAY);
    await executeChange({ registry, sender, policy }, change);

    const [{ wallet, key }] = members as [(typeof members)[number], ...typeof members];
    const vote = buildRecoveryVote({
      ...{ policy, trusteeSet: 1, now: await world.now(), recovery: 0n, sequence: 1 },
    });
    const { domain, types, message } = trusteeTypedData(registry.location, vote);
    const signature = await wallet.signTypedData(domain, structuredClone(types), { ...message });
    const approval = { trustee: set.trustees[0], signature };
    const data: Hex = hex(
      REGISTRY.encodeFunctionData("voteRecovery", [trusteeStruct(vote), set.settings, approval]),
    );
    const to = registry.location.registry;
    await awaitReceipt(registry, await sendCall(registry, sender, { to, data }));

    const { trustees } = await world.state();
    expect([...trustees.revealed]).to.deep.equal([[keyIdOf(key), ["ADMIN_AUTHZ"]]]);
    expect(await readTrusteeCapabilities(registry, policy, keyIdOf(key))).to.deep.equal(["ADMIN_AUTHZ"]);
  });
});
