import { encodeOwnerRecord, ownerBackups, ownerRecordOf, storedBackups } from "../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../client/backup/index.ts";
import { bigintToHex32 } from "../../client/core/index.ts";
import {
  createPolicy,
  draftPolicy,
  generateLinkSecret,
  makeRootKit,
  readHead,
  rootKitPage,
  Secret,
} from "../../client/index.ts";
import { generatePolicyLabel, systemRandom } from "../../client/keys/index.ts";
import { renderPaper } from "../../client/paper/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet } from "../../client/wallet/index.ts";
import type { World } from "../world.ts";

/** Where the encrypted backups are: whoever holds them can read none. */
export const ENDPOINT = "https://cloud.example/backups";

/** An owner with a phone: a policy, a wallet, two sheets of paper in a drawer, and backups that are made by themselves. */
export async function settleIn({ registry, sender, newDevice }: World) {
  const signer = newDevice();
  const [linkSecret, label] = [generateLinkSecret(), generatePolicyLabel()];
  const record = await draftPolicy({ registry, signer, linkSecret, label });
  const { policy } = record;

  // The wallet. What is in "owner" goes into backups; what only this phone may know, into other segments.
  const backupKey = new Secret(new Uint8Array(32));
  systemRandom(backupKey.reveal());
  const wallet = await createWallet({
    storage: memoryBlobs(),
    slots: [
      { secret: { kind: "password", password: new Secret("correct horse battery staple") } },
      { secret: { kind: "recovery", key: backupKey } },
    ],
    segments: ["agent", "owner", "recipients"],
  });
  const owned = encodeOwnerRecord(ownerRecordOf(record, linkSecret, label));
  await wallet.segment("owner").write("policy", owned);

  // The drawer: root keys on one sheet, the key of the backups on the other. Print them, then forget them.
  const rootKit = await makeRootKit();
  const rootPage = rootKitPage(rootKit);
  rootKit.words.erase();
  const identity = await generateBackupIdentity();
  const paper = await recipientOf(identity);
  const { time } = await readHead(registry);
  const { scan } = renderPaper({
    ...{ identity, endpoint: ENDPOINT, policy: bigintToHex32(policy), chainId: registry.location.chainId },
    date: new Date(Number(time) * 1000).toISOString().slice(0, 10),
  });
  identity.erase();

  await createPolicy({ registry, signer, sender, record, rootSet: rootKit.rootSet });
  const place = storedBackups(memoryBlobs());
  const backups = ownerBackups({
    ...{ wallet, segments: ["owner", "recipients"], recipients: "recipients" },
    ...{ registry, policy, signer, sender, place, others: [{ role: "paper", recipient: paper }] },
  });
  await backups.make();
  const actor = { registry, signer, sender, policy };
  const file = { backupKey, linkSecret, endpoint: ENDPOINT };
  return { actor, record, wallet, backups, place, paper, file, drawer: { scan, rootPage } };
}

export type Home = Awaited<ReturnType<typeof settleIn>>;
