import { TypedDataEncoder } from "ethers";
import { type Hex, type Hex32, hex, hex32, hexToBytes } from "../core/index.ts";
import { type AgentKey, contractKey, secp256k1Key } from "./agentKey.ts";

/** EIP-712 domain as signers of ethers take it. */
export type TypedDataDomain = {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: string;
};

/** EIP-712 struct types by name, without `EIP712Domain`. */
export type TypedDataTypes = Readonly<Record<string, { readonly name: string; readonly type: string }[]>>;

/** A struct, its types and its domain: what is signed. */
export type TypedData = {
  readonly domain: TypedDataDomain;
  readonly types: TypedDataTypes;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
};

/** Port to a policy key of any kind; the private key stays behind it. */
export interface AgentSigner {
  /** The key that signs. */
  readonly key: AgentKey;
  /** The signature of an EIP-712 struct, in the form of the key's kind. */
  sign(data: TypedData): Promise<Hex>;
}

/** Port to the key of an account. Every signer of ethers fits. */
export interface AccountSigner {
  /** The address of the key. */
  getAddress(): Promise<string>;
  /** The 65-byte signature of an EIP-712 struct, in hex. */
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, { name: string; type: string }[]>,
    message: Record<string, unknown>,
  ): Promise<string>;
}

/** What signs for an agent: any signer of ethers, or a signer of another kind of key. */
export type PolicySigner = AgentSigner | AccountSigner;

/** What a contract's owner, or her wallet, does to sign for it. */
export type SignForContract = (request: {
  /** What the contract will be asked about. */
  readonly digest: Hex32;
  /** What the digest is of, to show it and for wallets that take structs. */
  readonly data: TypedData;
}) => Promise<string>;

/**
 * The one port that the rest of the package signs through.
 *
 * @throws {CoreError} HEX_MALFORMED; {KeysError} AGENT_KEY_MALFORMED if the account has no proper address.
 */
export async function agentSignerOf(signer: PolicySigner): Promise<AgentSigner> {
  return "getAddress" in signer ? ethersSigner(signer) : signer;
}

/**
 * Signs with an account, kind SECP256K1.
 *
 * @param signer Any signer of ethers.
 * @throws {CoreError} HEX_MALFORMED; {KeysError} AGENT_KEY_MALFORMED
 */
export async function ethersSigner(signer: AccountSigner): Promise<AgentSigner> {
  const key = secp256k1Key(await signer.getAddress());
  return {
    key,
    // Signers take mutable arguments by type only; copies keep the tables out of their reach.
    sign: async ({ domain, types, message }) =>
      hex(await signer.signTypedData({ ...domain }, structuredClone(types), { ...message })),
  };
}

/**
 * Signs for a contract, kind CONTRACT. Only the chain can tell whether the contract takes the signature.
 *
 * @param address The contract's.
 * @param sign Gives whatever bytes the contract's `isValidSignature` wants to see for the digest.
 * @throws {CoreError} HEX_MALFORMED; {KeysError} AGENT_KEY_MALFORMED
 * @example contractSigner(safe, async ({ digest }) => owners.collectSignatures(digest));
 */
export function contractSigner(address: string, sign: SignForContract): AgentSigner {
  return {
    key: contractKey(address),
    sign: async (data) => hex(await sign({ digest: typedDataDigest(data), data })),
  };
}

/** The 32 bytes that a struct's signatures are over (EIP-712). */
export function typedDataDigest({ domain, types, message }: TypedData): Hex32 {
  return hex32(TypedDataEncoder.hash({ ...domain }, structuredClone(types), { ...message }));
}

/** As {@link typedDataDigest}, as bytes. */
export function typedDataDigestBytes(data: TypedData): Uint8Array {
  return hexToBytes(typedDataDigest(data));
}
