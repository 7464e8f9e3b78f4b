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

/**
 * Port to a policy key. Every signer of ethers fits; the private key stays behind it.
 */
export interface PolicySigner {
  /** The address of the key. */
  getAddress(): Promise<string>;
  /** The 65-byte signature of an EIP-712 struct, in hex. */
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, { name: string; type: string }[]>,
    message: Record<string, unknown>,
  ): Promise<string>;
}
