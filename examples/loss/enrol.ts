import {
  appointmentMessage,
  consentOf,
  offerCapabilities,
  policyShareAnchorWriter,
} from "../../client/app/index.ts";
import { bigintToHex32, hexToBytes } from "../../client/core/index.ts";
import { draftTrustees, keyIdOf } from "../../client/index.ts";
import { memoryBackend } from "../../client/keys/index.ts";
import {
  backendShareSigner,
  type OwnerEnrolment,
  ownerDesk,
  ownerEnrolment,
} from "../../client/recovery/index.ts";
import { memoryStore } from "../../client/storage/index.ts";
import { appoint, withShareSet } from "../../client/trustees/index.ts";
import type { World } from "../world.ts";
import type { Friend } from "./friend.ts";
import type { Home } from "./home.ts";

const CAPABILITIES = ["RECOVERY_SHARE", "ADMIN_AUTHZ"] as const;

/**
 * The friends become trustees: each is asked, agrees, gets a share and checks it; then the policy is told, and once that is in
 * force, the shares count. Nothing in between leaves the owner with too few.
 */
export async function enrol(
  { registry, wait }: World,
  { actor, backups, file }: Home,
  friends: readonly Friend[],
  clock: { readonly now: () => number; readonly refresh: () => Promise<void> },
) {
  const { policy } = actor;
  const now = clock.now();
  const consents = [];
  const trustees = [];
  for (const { name, line, agree } of friends) {
    const message = await offerCapabilities(registry, policy, CAPABILITIES);
    let state: OwnerEnrolment = ownerEnrolment({ step: "new" }, { kind: "offer", message }).state;
    await line.owner.send(message);
    await agree();
    const request = line.owner.take("CAPABILITY_REQUEST");
    state = ownerEnrolment(state, { kind: "received", message: request, now }).state;
    consents.push(consentOf(registry, policy, request));
    const response = { for_id: request.id, address: bigintToHex32(policy) };
    trustees.push({ id: name, name, signingKey: line.friend.keys.signingKey, response });
  }

  // Three of the five restore the secret, and three give the policy back.
  const quorums = { RECOVERY_SHARE: 3, ADMIN_AUTHZ: 3 };
  const set = await draftTrustees(registry, { policy, consents, quorums });
  const backend = memoryBackend();
  const dealer = await backend.create({ role: "DID_AUTHENTICATION", now: BigInt(now) });
  const lineOf = new Map(friends.map(({ name, line }) => [name, line]));
  const desk = await ownerDesk({
    ...{ store: memoryStore(), name: "trustees", backups, clock: clock.now },
    anchor: policyShareAnchorWriter({ actor, trustees: set.settings }),
    send: async (to, message) => lineOf.get(to)?.owner.send(message),
  });
  const shares = await desk.change({
    ...{ trustees, threshold: 3, file, sourceDid: "did:example:owner" },
    signer: backendShareSigner(backend, dealer),
  });
  for (const { name, line, keep } of friends) {
    await keep(hexToBytes(dealer.publicKey));
    await desk.receive(name, line.owner.take("SHARE_PREPARED"));
  }

  // All have acknowledged, and the backup is made for them: the change of trustees waits in the policy.
  const announced = withShareSet(set, shares.tag);
  for (const [i, { line, appointed }] of friends.entries()) {
    const consent = consents[i];
    if (consent === undefined) continue;
    const appointment = appoint(announced, keyIdOf(consent.key));
    await line.owner.send(appointmentMessage(appointment, BigInt(now)));
    await appointed();
  }
  await wait(2 * 86_400);
  await clock.refresh();
  await desk.poll();
  await wait(900);
  await clock.refresh();
  const { step } = await desk.poll();
  for (const { committed } of friends) await committed();
  return { step, desk, shares };
}
