import {
  AbstractSigner,
  computeAddress,
  copyRequest,
  hashMessage,
  type Provider,
  resolveAddress,
  type Signer,
  Transaction,
  type TransactionRequest,
  TypedDataEncoder,
} from "ethers";
import { bytesToHex, hex, hexToBytes } from "../core/index.ts";
import { type BackendKey, type KeyAlgorithm, type KeyBackend, ofRole, publicKeyBytes } from "./backend.ts";
import { KeysError } from "./errors.ts";
import { p256Signer } from "./p256Signer.ts";
import type { AccountSigner, AgentSigner } from "./signer.ts";

type EthersTypedData = Parameters<Signer["signTypedData"]>;

/**
 * A signer of ethers on a policy key of algorithm SECP256K1 in a backend: fits wherever ethers or this package take one.
 *
 * @example const signer = new BackendSigner(backend, key, provider);
 */
export class BackendSigner extends AbstractSigner implements AccountSigner {
  readonly #backend: KeyBackend;
  readonly #key: BackendKey<"POLICY">;
  readonly #address: string;

  /** @throws {KeysError} KEY_MIXED_UP, KEY_ALGORITHM_UNSUPPORTED */
  constructor(backend: KeyBackend, key: BackendKey<"POLICY">, provider: Provider | null = null) {
    super(provider);
    this.#backend = backend;
    this.#key = ofAlgorithm(ofRole(key, "POLICY"), "SECP256K1");
    this.#address = computeAddress(key.publicKey);
  }

  override async getAddress(): Promise<string> {
    return this.#address;
  }

  override connect(provider: Provider | null): BackendSigner {
    return new BackendSigner(this.#backend, this.#key, provider);
  }

  /** @throws {KeysError} KEY_MIXED_UP if the transaction names another sender. */
  override async signTransaction(request: TransactionRequest): Promise<string> {
    const { from, to, ...fields } = copyRequest(request);
    const sender = from == null ? this.#address : await resolveAddress(from, this);
    if (sender !== this.#address) {
      throw new KeysError("KEY_MIXED_UP", "the transaction is from another account", {
        details: { account: this.#address, from: sender },
      });
    }
    const target = to == null ? null : await resolveAddress(to, this);
    const transaction = Transaction.from({ ...fields, to: target });
    transaction.signature = await this.#sign(transaction.unsignedHash);
    return transaction.serialized;
  }

  override async signMessage(message: string | Uint8Array): Promise<string> {
    return this.#sign(hashMessage(message));
  }

  override async signTypedData(...[domain, types, value]: EthersTypedData): Promise<string> {
    return this.#sign(TypedDataEncoder.hash(domain, types, value));
  }

  async #sign(digest: string): Promise<string> {
    return bytesToHex(await this.#backend.sign(this.#key, hexToBytes(hex(digest))));
  }
}

/**
 * Signs with a policy key of algorithm P256_DIGEST in a backend, kind P256.
 *
 * @throws {KeysError} KEY_MIXED_UP, KEY_ALGORITHM_UNSUPPORTED
 */
export function backendP256Signer(backend: KeyBackend, key: BackendKey<"POLICY">): AgentSigner {
  const checked = ofAlgorithm(ofRole(key, "POLICY"), "P256_DIGEST");
  return p256Signer({
    publicKey: publicKeyBytes(checked),
    signDigest: (digest) => backend.sign(checked, digest),
  });
}

function ofAlgorithm<Key extends BackendKey>(key: Key, algorithm: KeyAlgorithm): Key {
  if (key.algorithm === algorithm) return key;
  throw new KeysError("KEY_ALGORITHM_UNSUPPORTED", "the key is of another algorithm", {
    details: { needed: algorithm, found: key.algorithm },
  });
}
