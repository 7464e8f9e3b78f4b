import { expect } from "chai";
import { Wallet } from "ethers";
import { voteRecovery } from "../../../client/app/index.ts";
import { keyIdOf, secp256k1Key } from "../../../client/keys/index.ts";
import {
  ALL_CAPABILITIES,
  capabilitiesFromBits,
  type TrusteeCapabilities,
} from "../../../client/policy/index.ts";
import { draftSet, install, openTrusteeWorld, type TrusteeWorld, trusteeOf } from "../app/trusteeWorld.ts";
import { codeOfAsync } from "../support.ts";

/** Every trustee takes back the vote that it has not: the registry verifies its leaf, and nothing else happens. */
describe("trustees: sets of every size, as the registry verifies them", () => {
  let world: TrusteeWorld;
  const people = Array.from({ length: 9 }, () => Wallet.createRandom());

  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  for (let size = 3; size <= 9; size++) {
    it(`takes each of ${size} trustees, with capabilities of its own`, async () => {
      const members = people.slice(0, size).map((wallet, i): [typeof wallet, TrusteeCapabilities] => {
        return [wallet, capabilitiesFromBits(8 | (i % 8))];
      });
      const set = await draftSet(world, members);
      await install(world, set);
      for (const [wallet] of members) await voteRecovery(trusteeOf(world, set, wallet), undefined);
      const { trustees } = await world.state();
      expect([...trustees.revealed]).to.deep.equal(
        members.map(([wallet, capabilities]) => [keyIdOf(secp256k1Key(wallet.address)), capabilities]),
      );
    });
  }

  it("refuses a leaf with another salt, capability, deadline or proof", async () => {
    const set = await draftSet(world, people.slice(0, 3));
    await install(world, set);
    const [wallet = world.phone] = people;
    const actor = trusteeOf(world, set, wallet);
    const { trustee } = actor.appointment;
    const vote = (more: Partial<typeof trustee>) =>
      codeOfAsync(() =>
        voteRecovery(
          { ...actor, appointment: { ...actor.appointment, trustee: { ...trustee, ...more } } },
          undefined,
        ),
      );
    const salt = set.settings.root;
    for (const more of [
      { salt },
      { deadline: trustee.deadline + 1n },
      { capabilities: ALL_CAPABILITIES.slice(1) },
      { proof: [] },
      { proof: [...trustee.proof, salt] },
    ]) {
      expect(await vote(more)).to.equal("AGENT_POLICY_TRUSTEE_UNKNOWN");
    }
    expect(await vote({})).to.equal(undefined);
  });
});
