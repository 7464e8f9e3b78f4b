import { expect } from "chai";
import { type JsonRpcProvider, Transaction, verifyMessage, Wallet } from "ethers";
import { network } from "hardhat";
import { type Hex, hex, hexToBytes } from "../../../client/core/index.ts";
import {
  type AgentSigner,
  agentSignerOf,
  BackendSigner,
  backendP256Signer,
  ethersSigner,
  KEY_KINDS,
  memoryBackend,
  type PolicySigner,
  registerPasskey,
  type TypedData,
  typedDataDigest,
  verifySignature,
  webauthnSigner,
} from "../../../client/keys/index.ts";
import type { AgentKeysHarness } from "../../../types/mocks/AgentKeysHarness.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { authenticator } from "./authenticator.ts";
import { watchForLeaks } from "./leaks.ts";

const NOW = 20_000n * 86_400n;
const DATA: TypedData = {
  domain: { name: "Dkms", version: "1", chainId: 31337n, verifyingContract: `0x${"11".repeat(20)}` },
  types: { Note: [{ name: "text", type: "string" }] },
  primaryType: "Note",
  message: { text: "to be signed" },
};
const NOBODY = `0x${"99".repeat(20)}`;
/** Every byte of a short signature; every third of a passkey's. */
const STEP = { SECP256K1: 1, CONTRACT: 1, P256: 1, WEBAUTHN: 3, WEBAUTHN_DEVICE_BOUND: 3 } as const;

describe("keys on a chain", () => {
  watchForLeaks();

  let ethers: Awaited<ReturnType<typeof network.create>>["ethers"];
  let harness: AgentKeysHarness;

  before(async () => {
    ({ ethers } = await network.create());
    const AgentSignatures = await (await ethers.deployContract("AgentSignatures")).getAddress();
    const deployed: unknown = await ethers.deployContract("AgentKeysHarness", {
      libraries: { AgentSignatures },
    });
    harness = deployed as AgentKeysHarness;
  });

  const onChain = async ({ key }: AgentSigner, digest: Hex, signature: Hex): Promise<boolean> => {
    try {
      await harness.requireSignature(KEY_KINDS[key.kind], key.material, digest, signature, NOBODY);
      return true;
    } catch {
      return false;
    }
  };
  const offChain = (
    { key }: AgentSigner,
    digest: ReturnType<typeof typedDataDigest>,
    signature: Hex,
  ): boolean => {
    try {
      return verifySignature(key, digest, signature) === "SIGNED";
    } catch {
      return false;
    }
  };
  const passkey = async (deviceBound: boolean): Promise<AgentSigner> => {
    const device = authenticator({ deviceBound, seed: `on chain ${deviceBound}` });
    const made = await registerPasskey({ create: device.create, rp: { name: "Wallet" }, userName: "agent" });
    return webauthnSigner({ ...made, get: device.get });
  };
  const element = async (): Promise<AgentSigner> => {
    const backend = memoryBackend();
    return backendP256Signer(
      backend,
      await backend.create({ role: "POLICY", algorithm: "P256_DIGEST", now: NOW }),
    );
  };
  const account = async (): Promise<AgentSigner> => {
    const backend = memoryBackend();
    return ethersSigner(new BackendSigner(backend, await backend.create({ role: "POLICY", now: NOW })));
  };

  describe("verifySignature", () => {
    const makers = {
      account,
      element,
      "device-bound passkey": () => passkey(true),
      "synced passkey": () => passkey(false),
    };
    for (const [name, make] of Object.entries(makers)) {
      it(`says what the registry says (${name}), whichever byte is altered`, async () => {
        const signer = await make();
        const digest = typedDataDigest(DATA);
        const signature = await signer.sign(DATA);
        expect([await onChain(signer, digest, signature), offChain(signer, digest, signature)]).to.deep.equal(
          [true, true],
        );
        const bytes = hexToBytes(signature);
        for (let i = 0; i < bytes.length; i += STEP[signer.key.kind]) {
          const altered = hex(
            `${signature.slice(0, 2 + 2 * i)}${((bytes[i] ?? 0) ^ 1).toString(16).padStart(2, "0")}${signature.slice(4 + 2 * i)}`,
          );
          expect(offChain(signer, digest, altered), `byte ${i}`).to.equal(
            await onChain(signer, digest, altered),
          );
        }
        for (const other of [hex("0x"), hex(`${signature}00`), hex(signature.slice(0, -2))]) {
          expect([await onChain(signer, digest, other), offChain(signer, digest, other)]).to.deep.equal([
            false,
            false,
          ]);
        }
        const elsewhere = typedDataDigest({ ...DATA, message: { text: "else" } });
        expect([
          await onChain(signer, elsewhere, signature),
          offChain(signer, elsewhere, signature),
        ]).to.deep.equal([false, false]);
      });
    }
  });

  describe("BackendSigner", () => {
    const make = async (provider: JsonRpcProvider | typeof ethers.provider | null = null) => {
      const backend = memoryBackend();
      const key = await backend.create({ role: "POLICY", now: NOW });
      return { backend, key, signer: new BackendSigner(backend, key, provider) };
    };

    it("sends transactions as any signer of ethers", async () => {
      const { signer } = await make(ethers.provider);
      const [payer] = await ethers.getSigners();
      const address = await signer.getAddress();
      await (await payer?.sendTransaction({ to: address, value: 10n ** 18n }))?.wait();
      const receipt = await (await signer.sendTransaction({ to: NOBODY, value: 5n, from: address })).wait();
      expect([receipt?.from, receipt?.status]).to.deep.equal([address, 1]);
      expect(await ethers.provider.getBalance(NOBODY)).to.equal(5n);
    });

    it("signs messages, structs and transactions under its address", async () => {
      const { signer } = await make();
      const address = await signer.getAddress();
      expect(verifyMessage("hello", await signer.signMessage("hello"))).to.equal(address);
      const asPolicySigner: PolicySigner = signer;
      const agent = await agentSignerOf(asPolicySigner);
      expect(verifySignature(agent.key, typedDataDigest(DATA), await agent.sign(DATA))).to.equal("SIGNED");
      const fields = {
        chainId: 31337n,
        nonce: 0,
        gasLimit: 21_000n,
        maxFeePerGas: 1n,
        maxPriorityFeePerGas: 1n,
      };
      const raw = await signer.signTransaction({ ...fields, to: NOBODY, type: 2 });
      expect(Transaction.from(raw).from).to.equal(address);
      const creates = Transaction.from(await signer.signTransaction({ ...fields, data: "0x00", type: 2 }));
      expect([creates.from, creates.to]).to.deep.equal([address, null]);
    });

    it("signs exactly as a wallet of ethers with the same key", async () => {
      const wallet = Wallet.createRandom();
      const random = (bytes: Uint8Array) => bytes.set(hexToBytes(hex(wallet.privateKey)));
      const backend = memoryBackend({ random });
      const signer = new BackendSigner(backend, await backend.create({ role: "POLICY", now: NOW }));
      expect(await signer.getAddress()).to.equal(wallet.address);
      expect(await signer.signMessage("hello")).to.equal(await wallet.signMessage("hello"));
      const { domain, types, message } = DATA;
      expect(await signer.signTypedData(domain, { ...types }, message)).to.equal(
        await wallet.signTypedData(domain, { ...types }, message),
      );
    });

    it("refuses another sender, and keys of another role or algorithm", async () => {
      const { backend, signer } = await make();
      expect(await codeOfAsync(() => signer.signTransaction({ from: NOBODY, to: NOBODY }))).to.equal(
        "KEY_MIXED_UP",
      );
      const author = await backend.create({ role: "AUTHORSHIP", now: NOW });
      expect(codeOf(() => new BackendSigner(backend, author as never))).to.equal("KEY_MIXED_UP");
      const point = await backend.create({ role: "POLICY", algorithm: "P256_DIGEST", now: NOW });
      expect(codeOf(() => new BackendSigner(backend, point))).to.equal("KEY_ALGORITHM_UNSUPPORTED");
      expect(codeOf(() => backendP256Signer(backend, author as never))).to.equal("KEY_MIXED_UP");
      const curve = await backend.create({ role: "POLICY", now: NOW });
      expect(codeOf(() => backendP256Signer(backend, curve))).to.equal("KEY_ALGORITHM_UNSUPPORTED");
    });

    it("connects to another provider, and keeps its key behind it", async () => {
      const { signer, key, backend } = await make();
      const connected = signer.connect(ethers.provider);
      expect(connected.provider).to.equal(ethers.provider);
      expect(await connected.getAddress()).to.equal(await signer.getAddress());
      await backend.delete(key.id);
      expect(await codeOfAsync(() => connected.signMessage("hello"))).to.equal("KEY_NOT_FOUND");
    });
  });
});
