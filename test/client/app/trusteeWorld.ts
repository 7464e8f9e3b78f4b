import { type HDNodeWallet, Wallet } from "ethers";
import {
  type AgentRecord,
  answerInvitation,
  createPolicy,
  draftPolicy,
  draftTrustees,
  executeChange,
  inviteAgent,
  makeRootKit,
  type OwnerRecord,
  offerTrusteeship,
  ownerRecordOf,
  parseAppointment,
  parseTrusteeConsent,
  parseTrusteeOffer,
  proposeTrustees,
  type RootKit,
  serializeAppointment,
  serializeTrusteeConsent,
  serializeTrusteeOffer,
  type TrusteeActor,
} from "../../../client/app/index.ts";
import { readHead, readPolicyState } from "../../../client/chain/index.ts";
import {
  generateLinkSecret,
  generatePolicyLabel,
  keyIdOf,
  secp256k1Key,
} from "../../../client/keys/index.ts";
import {
  ALL_AUTHORIZATIONS,
  ALL_CAPABILITIES,
  type PolicyState,
  type TrusteeCapabilities,
} from "../../../client/policy/index.ts";
import {
  appoint,
  consentToTrust,
  type TrusteeSet,
  type TrusteeSetOptions,
} from "../../../client/trustees/index.ts";
import { startNode, type TestNode } from "../chain/node.ts";

export const DAY = 86_400;

/** A policy of a phone and a laptop, both ADMIN, and people who may become its trustees. */
export type TrusteeWorld = {
  readonly node: TestNode;
  readonly record: AgentRecord;
  /** What the owner keeps of her policy. */
  readonly owner: OwnerRecord;
  readonly rootKit: RootKit;
  readonly phone: HDNodeWallet;
  readonly laptop: HDNodeWallet;
  readonly people: readonly HDNodeWallet[];
  readonly state: () => Promise<PolicyState>;
  readonly now: () => Promise<bigint>;
  readonly pass: (seconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function openTrusteeWorld(): Promise<TrusteeWorld> {
  const node = await startNode();
  const { registry, relayer: sender } = node;
  const [phone, laptop] = [Wallet.createRandom(), Wallet.createRandom()];
  const people = Array.from({ length: 6 }, () => Wallet.createRandom());
  const rootKit = await makeRootKit();
  const [linkSecret, label] = [generateLinkSecret(), generatePolicyLabel()];
  const record = await draftPolicy({ registry, signer: phone, linkSecret, label });
  const now = async () => (await readHead(registry)).time;
  const invitation = await inviteAgent({ registry, record, authorizations: ALL_AUTHORIZATIONS });
  const agents = [{ invitation, ...(await answerInvitation(laptop, invitation, await now())) }];
  await createPolicy({ registry, signer: phone, sender, record, rootSet: rootKit.rootSet, agents });
  return {
    owner: ownerRecordOf(record, linkSecret, label),
    ...{ node, record, rootKit, phone, laptop, people, now },
    state: async () => {
      const state = await readPolicyState(registry, record.policy);
      if (state === undefined) throw new Error("no policy");
      return state;
    },
    pass: async (seconds) => {
      await node.send("evm_increaseTime", [seconds]);
      await node.send("evm_mine");
    },
    close: node.close,
  };
}

/** A set of people who consented; what they are asked and what they answer travels as text. */
export async function draftSet(
  { node, record }: TrusteeWorld,
  people: readonly (HDNodeWallet | readonly [HDNodeWallet, TrusteeCapabilities])[],
  options: Partial<TrusteeSetOptions> = {},
): Promise<TrusteeSet> {
  const { registry } = node;
  const { policy } = record;
  const consents = [];
  for (const one of people) {
    const [wallet, capabilities] = "address" in one ? [one, ALL_CAPABILITIES] : one;
    const offer = await offerTrusteeship({ registry, policy, capabilities });
    const asked = parseTrusteeOffer(serializeTrusteeOffer(offer));
    const consent = await consentToTrust(wallet, asked);
    consents.push(parseTrusteeConsent(serializeTrusteeConsent(consent)));
  }
  return draftTrustees(registry, { policy, consents, ...options });
}

/** Brings a set into force by the phone's word. */
export async function install(world: TrusteeWorld, set: TrusteeSet): Promise<void> {
  const { node, record, phone, state, now, pass } = world;
  const { registry, relayer: sender } = node;
  const { policy } = record;
  const { change } = await proposeTrustees({ registry, signer: phone, sender, policy }, set.settings);
  const earliest = (await state()).pendingChanges.get(change)?.earliest ?? 0n;
  await pass(Number(earliest - (await now())));
  await executeChange({ registry, sender, policy }, change);
}

/** A person of a set as a trustee. */
export function trusteeOf({ node }: TrusteeWorld, set: TrusteeSet, wallet: HDNodeWallet): TrusteeActor {
  const appointment = parseAppointment(
    serializeAppointment(appoint(set, keyIdOf(secp256k1Key(wallet.address)))),
  );
  return { registry: node.registry, signer: wallet, sender: node.relayer, appointment };
}

/** The words on a page, as somebody types them. */
export const wordsOn = (page: string) =>
  [...page.matchAll(/^ ?\d+ .*[a-z]$/gm)].flatMap(([row]) => row.match(/[a-z]+/g) ?? []).join(" ");
