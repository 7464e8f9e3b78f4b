import type { Hex32 } from "../../client/index.ts";
import {
  type Collection,
  collection,
  collectionProgress,
  connectionFingerprint,
  newMessage,
  recover,
} from "../../client/recovery/index.ts";
import type { Friend } from "./friend.ts";
import type { End } from "./line.ts";

/** Asks every friend for her share, each over a fresh connection, and restores the secret from those that are good. */
export async function collectShares(
  friends: readonly Friend[],
  tag: Hex32,
  meet: (name: string) => { readonly owner: End; readonly friend: End },
  { now, silent }: { readonly now: number; readonly silent: string },
) {
  let state: Collection = {};
  const trust = { anchor: tag };
  for (const { name, giveShare } of friends) {
    const line = meet(name);
    const { owner, friend } = line;
    const fingerprint = connectionFingerprint(owner.contact, friend.contact);
    state = collection(state, { kind: "open", fingerprint }).state;
    if (name === silent) continue;
    const answered = giveShare({
      ...line,
      friend: {
        ...friend,
        // What happens on the owner's side while her friend waits for the answer.
        send: async (message) => {
          await friend.send(message);
          if (message.type !== "RECOVERY_SHARE_CHALLENGE") return;
          const challenge = owner.take("RECOVERY_SHARE_CHALLENGE");
          state = collection(state, { kind: "received", fingerprint, message: challenge, trust, now }).state;
          const fields = { for_id: challenge.id, response: { answer: "In Oslo" } };
          const response = newMessage("RECOVERY_SHARE_RESPONSE", fields, { now });
          state = collection(state, { kind: "answer", fingerprint, message: response }).state;
          await owner.send(response);
        },
      },
    });
    await answered;
    const message = owner.take("CAPABILITY_RESPONSE");
    state = collection(state, { kind: "received", fingerprint, message, trust, now }).state;
  }
  const { good, bad, waiting, shares } = collectionProgress(state);
  const { file, backupIdentity } = await recover({ shares, trust });
  return { file, backupIdentity, good, bad: bad.map(({ code }) => code), silent: waiting.length };
}
