import type { TransactionSender } from "../client/chain/index.ts";
import type { ProvingAgentOptions, Registry } from "../client/index.ts";
import type { CreateCredential, GetCredential, PolicySigner } from "../client/keys/index.ts";

/** What an example finds around it; a program of yours makes these itself, see the comments. */
export type World = {
  /** `await openRegistry({ provider: connectRpc(url, { chainId }), address, chainId, deployedAt })` */
  readonly registry: Registry;
  /** Pays for transactions: any account, agents need no funds. `new Wallet(key, provider)` */
  readonly sender: TransactionSender;
  /** `new SnarkjsProver({ wasm, zkey })`, with the files of `dkms/artifacts/` */
  readonly prover: ProvingAgentOptions["prover"];
  /** A device's policy key, which stays on it: any signer of ethers. `Wallet.createRandom()` */
  readonly newDevice: () => PolicySigner;
  /** Waits until new agents prove like all others: a quarter of an hour and the chain's finality (protocol §7.1). */
  readonly settled: () => Promise<void>;
  /** Lets time pass on the chain, in seconds. */
  readonly wait: (seconds: number) => Promise<void>;
  /** `navigator.credentials` of the browser, which makes passkeys and signs with them. */
  readonly credentials: { readonly create: CreateCredential; readonly get: GetCredential };
  /** The verifier's clock, in seconds since 1970. */
  readonly clock: () => bigint;
};
