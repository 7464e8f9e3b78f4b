import type { BigNumberish } from "ethers";
import { AbiCoder, concat, keccak256, TypedDataEncoder, toUtf8Bytes, ZeroHash } from "ethers";
import type { TrusteeApprovalStruct } from "../../types/interfaces/IAgentPolicyRecovery.ts";
import type { TrusteeSettingsStruct, TrusteeStruct } from "../../types/interfaces/IAgentPolicyTrustees.ts";
import type { Party } from "../policy/governanceSupport.ts";
import { DAY, TYPES, type World } from "../policy/support.ts";

export const RECOVERY_SHARE = 1;
export const REVOKE_AUTHZ = 2;
export const PROVISION_AUTHZ = 4;
export const ADMIN_AUTHZ = 8;
/** Every capability of a trustee. */
export const EVERYTHING = 15;

export const RECOVERY_DELAY = 14n * DAY;
export const RECOVERY_WINDOW = 7n * DAY;
/** A deadline of consents that no test reaches. */
const LONG = 2n ** 40n;

/** What makes a policy have no trustees. */
export const NOBODY: TrusteeSettingsStruct = {
  root: ZeroHash,
  shareCount: 0n,
  shareQuorum: 0n,
  revokeCount: 0n,
  revokeQuorum: 0n,
  provisionCount: 0n,
  provisionQuorum: 0n,
  adminCount: 0n,
  adminQuorum: 0n,
  delay: 0n,
  window: 0n,
  shareSet: ZeroHash,
};

/** A trustee with its consent, not in a tree yet. */
export type Member = { readonly party: Party; readonly trustee: Omit<TrusteeStruct, "proof"> };

/** A set of trustees: what the policy is told, and what each shows when it acts. */
export type TrusteeSet = {
  readonly settings: TrusteeSettingsStruct;
  readonly hash: string;
  readonly members: readonly Member[];
  readonly trustees: readonly TrusteeStruct[];
};

/** Names of a consent that differ from what the leaf says, to be refused. */
export type Consent = {
  readonly policy?: BigNumberish;
  readonly world?: World;
  readonly by?: Party;
  readonly kind?: number;
  readonly capabilities?: number;
  readonly deadline?: bigint;
};

/** Asks a party to be a trustee. */
export async function member(
  world: World,
  policy: BigNumberish,
  party: Party,
  options: {
    readonly capabilities?: number;
    readonly deadline?: bigint;
    readonly salt?: string;
    readonly consent?: Consent;
  } = {},
): Promise<Member> {
  const { capabilities = EVERYTHING, deadline = LONG, salt = "salt", consent = {} } = options;
  const { kind, key } = party;
  const { world: where = world, by = party, ...said } = consent;
  const message = { policy, kind, key, capabilities, deadline, ...said };
  const signature = await by.sign(where, "TrusteeConsent", message);
  const trustee = {
    kind,
    key,
    capabilities,
    deadline,
    consent: signature,
    salt: keccak256(toUtf8Bytes(salt)),
  };
  return { party, trustee };
}

/** A set of these members; counts are what they say, quorums 3 for ADMIN_AUTHZ and 2 else, as far as there are so many. */
export function setOf(members: readonly Member[], settings: Partial<TrusteeSettingsStruct> = {}): TrusteeSet {
  const leaves = members.map(({ trustee }) => leafOf(trustee));
  const { root, proofs } = treeOf(leaves);
  const counts = [RECOVERY_SHARE, REVOKE_AUTHZ, PROVISION_AUTHZ, ADMIN_AUTHZ].map(
    (capability) => members.filter(({ trustee }) => (Number(trustee.capabilities) & capability) !== 0).length,
  );
  const [share = 0, revoke = 0, provision = 0, admin = 0] = counts;
  const all = {
    root,
    shareCount: share,
    shareQuorum: Math.min(share, 2),
    revokeCount: revoke,
    revokeQuorum: Math.min(revoke, 2),
    provisionCount: provision,
    provisionQuorum: Math.min(provision, 2),
    adminCount: admin,
    adminQuorum: Math.min(admin, 3),
    delay: RECOVERY_DELAY,
    window: RECOVERY_WINDOW,
    shareSet: keccak256(toUtf8Bytes("commitments of the sharing")),
    ...settings,
  };
  const trustees = members.map(({ trustee }, i) => ({ ...trustee, proof: proofs[i] ?? [] }));
  return { settings: all, hash: hashOf(all), members, trustees };
}

/** A set of parties that can do everything. */
export async function trusteeSet(
  world: World,
  policy: BigNumberish,
  parties: readonly Party[],
  settings: Partial<TrusteeSettingsStruct> = {},
): Promise<TrusteeSet> {
  return setOf(await Promise.all(parties.map((party) => member(world, policy, party))), settings);
}

/** What trustees of a set sign in the place of an agent's counter. */
export function counterOf(number: bigint): bigint {
  return 2n ** 32n - 1n - number;
}

/** What the policy stores of the settings. */
export function hashOf(settings: TrusteeSettingsStruct): string {
  return TypedDataEncoder.hashStruct("TrusteeSettings", TYPES.TrusteeSettings, settings);
}

/** What a member shows of itself. */
export function trusteeOf(set: TrusteeSet, party: Party): TrusteeStruct {
  const trustee = set.trustees[set.members.findIndex((one) => one.party === party)];
  if (trustee === undefined) throw new Error("the party is not in the set");
  return trustee;
}

/** A trustee that was revealed before, and shows its key alone. */
export function known({ key }: Party): TrusteeStruct {
  return { kind: 0, key, capabilities: 0, deadline: 0, consent: "0x", salt: ZeroHash, proof: [] };
}

/** A trustee's signature of an operation, with what it shows of itself. */
export async function trusteeApproval(
  world: World,
  set: TrusteeSet,
  party: Party,
  name: keyof typeof TYPES,
  message: object,
): Promise<TrusteeApprovalStruct> {
  return { trustee: trusteeOf(set, party), signature: await party.sign(world, name, message) };
}

/** Signatures of trustees, ascending by key id. */
export async function trusteeApprovals(
  world: World,
  set: TrusteeSet,
  parties: readonly Party[],
  name: keyof typeof TYPES,
  message: object,
): Promise<TrusteeApprovalStruct[]> {
  const sorted = [...parties].sort((a, b) => (a.id < b.id ? -1 : 1));
  return Promise.all(sorted.map((party) => trusteeApproval(world, set, party, name, message)));
}

/** The leaf, hashed twice, as docs have it. */
export function leafOf({
  kind,
  key,
  capabilities,
  deadline,
  consent,
  salt,
}: Omit<TrusteeStruct, "proof">): string {
  const typeHash = keccak256(
    toUtf8Bytes(
      "TrusteeLeaf(bytes32 key,uint8 kind,uint8 capabilities,uint64 deadline,bytes32 consent,bytes32 salt)",
    ),
  );
  const words = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "uint8", "uint8", "uint64", "bytes32", "bytes32"],
    [typeHash, keccak256(key as string), kind, capabilities, deadline, keccak256(consent as string), salt],
  );
  return keccak256(keccak256(words));
}

/** A Merkle tree whose pairs are sorted before they are hashed, so that proofs need no directions; an odd node rises. */
function treeOf(leaves: readonly string[]): { readonly root: string; readonly proofs: readonly string[][] } {
  const proofs: string[][] = leaves.map(() => []);
  let nodes = leaves.map((hash, i) => ({ hash, below: [i] }));
  while (nodes.length > 1) {
    const next: typeof nodes = [];
    for (let i = 0; i < nodes.length; i += 2) {
      const [left, right] = [nodes[i], nodes[i + 1]];
      if (left === undefined) continue;
      if (right === undefined) {
        next.push(left);
        continue;
      }
      for (const leaf of left.below) proofs[leaf]?.push(right.hash);
      for (const leaf of right.below) proofs[leaf]?.push(left.hash);
      const pair = left.hash < right.hash ? [left.hash, right.hash] : [right.hash, left.hash];
      next.push({ hash: keccak256(concat(pair)), below: [...left.below, ...right.below] });
    }
    nodes = next;
  }
  return { root: nodes[0]?.hash ?? ZeroHash, proofs };
}
