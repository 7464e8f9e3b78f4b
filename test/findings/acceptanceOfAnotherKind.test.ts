import { expect } from "chai";
import {
  approveAll,
  commitmentTo,
  expectRevert,
  found,
  frameOf,
  partyOfSigner,
  partySource,
  power,
  rootSetOf,
  rotate,
  rotation,
} from "../policy/governanceSupport.ts";
import { ADMIN, commitmentOf, deployWorld, FAR, NO_EXPIRY, PROVE, TYPES } from "../policy/support.ts";
import { passkeySigner } from "../support/signers.ts";

const key = partySource("acceptance of another kind");
const WEBAUTHN = 4;
const WEBAUTHN_DEVICE_BOUND = 5;

/**
 * An acceptance did not say as which kind of key its agent joins, and a kind is pinned for ever. Both kinds of passkeys
 * sign alike. A thief with PROVE_GRANT who saw the acceptance of the owner's new token, before it was used, could send a
 * grant of its own with the same content but for the kind: the token was a passkey like any other then, whose backups
 * count. And a rotation that the root keys had signed, and that named the token for what it is, failed for ever.
 */
describe("finding: an acceptance could be used to register a passkey as another kind", () => {
  it("is bound to the kind: the thief's grant fails, the rotation goes through", async () => {
    const world = await deployWorld();
    const [owner, thief, root] = [key("owner"), key("thief"), key("root")];
    const token = partyOfSigner(await passkeySigner("token of the owner"));
    expect(token.kind).to.equal(WEBAUTHN_DEVICE_BOUND);
    const set = rootSetOf([root], 1);
    const policy = await found(world, [owner, thief], { settings: { rootCommitment: commitmentTo(set) } });
    // root keys sign while the owner grants PROVE to the token
    const turn = await rotation(world, policy, { agents: [power(token, ADMIN)], survivors: [token] });
    const commitment = commitmentOf("of the token");
    const change = { key: token.key, authorizations: PROVE, commitment, expiry: NO_EXPIRY };
    const offer = { policy, epoch: 1, kind: WEBAUTHN_DEVICE_BOUND, ...change, deadline: FAR };
    const consent = { deadline: FAR, signature: await token.sign(world, "AgentAcceptance", offer) };
    expect(TYPES.AgentAcceptance.AgentAcceptance.map(({ name }) => name)).to.include("kind");

    const frame = await frameOf(world, policy, thief);
    const theft = { ...frame, changes: [{ kind: WEBAUTHN, ...change }], checkpoint: false };
    const approvals = await approveAll(world, "Authorize", theft, [thief]);
    await expectRevert(
      world,
      world.registry.authorize(theft, [consent], approvals),
      "AgentKeySignatureInvalid",
      [token.id],
    );

    const own = { ...(await frameOf(world, policy, owner)), checkpoint: false };
    const grant = { ...own, changes: [{ kind: WEBAUTHN_DEVICE_BOUND, ...change }] };
    await world.registry.authorize(grant, [consent], await approveAll(world, "Authorize", grant, [owner]));
    await rotate(world, turn, set, [root], [token]);
    const { kind, authorizations } = await world.registry.agentOf(policy, token.id);
    expect([kind, authorizations]).to.deep.equal([BigInt(WEBAUTHN_DEVICE_BOUND), BigInt(PROVE | ADMIN)]);
  });
});
