import {
  decodeOwnerRecord,
  ownerBackups,
  policyOfOwner,
  type RestoreAuthority,
  restoreNewest,
  restoreOwner,
} from "../../client/app/index.ts";
import { type AgentRecord, encodeAgentRecord, type PolicyId, Secret } from "../../client/index.ts";
import { memoryBackend } from "../../client/keys/index.ts";
import { memoryBlobs, memoryStore } from "../../client/storage/index.ts";
import { createWallet, importPortable } from "../../client/wallet/index.ts";
import type { World } from "../world.ts";
import type { Home } from "./home.ts";

/** A new phone with the content of the newest backup. */
export async function newPhone(
  { registry }: Pick<World, "registry">,
  { place }: Pick<Home, "place">,
  policy: PolicyId,
  identity: Secret<string>,
) {
  const { content, standing } = await restoreNewest({ registry, policy, place, identity: { identity } });
  const wallet = await createWallet({
    storage: memoryBlobs(),
    slots: [{ secret: { kind: "password", password: new Secret("a new and better passphrase") } }],
    segments: ["agent"],
  });
  await importPortable(wallet, content);
  content.erase();
  const bytes = await wallet.segment("owner").read("policy");
  if (bytes === undefined) throw new Error("the backup knows no policy");
  const owner = decodeOwnerRecord(bytes.reveal());
  bytes.erase();
  return { wallet, owner, standing };
}

/** What the owner calls until it is complete; `pages` are what she prints. */
export function comingBack(
  { registry, sender }: Pick<World, "registry" | "sender">,
  { place, paper }: Pick<Home, "place" | "paper">,
  { wallet, owner }: Awaited<ReturnType<typeof newPhone>>,
  authority: RestoreAuthority,
) {
  const { policy } = owner;
  const kept: AgentRecord[] = [];
  const pages: string[] = [];
  const texts: string[] = [];
  const options = {
    ...{ registry, sender, policy, authority, restored: policyOfOwner(owner), lost: [] },
    ...{ backend: memoryBackend(), store: memoryStore() },
    printRootKeys: async (page: Secret<string>) => void pages.push(page.reveal()),
    keepRecord: async (record: AgentRecord) => {
      kept.push(record);
      await wallet.segment("agent").write("this-phone", encodeAgentRecord(record));
    },
    backUp: async (signer: Parameters<typeof ownerBackups>[0]["signer"]) =>
      ownerBackups({
        ...{ wallet, segments: ["owner", "recipients"], recipients: "recipients" },
        ...{ registry, policy, signer, sender, place, others: [{ role: "paper", recipient: paper }] },
      }).make(),
    onProgress: ({ text }: { readonly text: string }) => void texts.push(text),
  };
  return { restore: () => restoreOwner(options), record: () => kept.at(-1), pages, texts };
}
