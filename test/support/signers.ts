import { p256 } from "@noble/curves/nist.js";
import { getBytes, id } from "ethers";
import {
  type AgentSigner,
  contractSigner,
  ethersSigner,
  p256Signer,
  registerPasskey,
  webauthnSigner,
} from "../../client/keys/index.ts";
import { type AuthenticatorOptions, authenticator } from "../client/keys/authenticator.ts";
import { agentKey } from "../policy/support.ts";

/** Signs with an account's key; the same name gives the same key. */
export async function accountSigner(name: string): Promise<AgentSigner> {
  return ethersSigner(agentKey(name));
}

/** Signs with a key in an emulated secure element; the same name gives the same key. */
export function elementSigner(name: string): AgentSigner {
  const secretKey = getBytes(id(`dkms test element ${name}`));
  return p256Signer({
    publicKey: p256.getPublicKey(secretKey, false),
    signDigest: async (digest) => p256.sign(digest, secretKey, { prehash: false, format: "der" }),
  });
}

/** Signs with a passkey of an emulated authenticator; device-bound unless told. */
export async function passkeySigner(name: string, options: AuthenticatorOptions = {}): Promise<AgentSigner> {
  const { create, get } = authenticator({ seed: name, ...options });
  const rp = { id: "wallet.example", name: "Wallet" };
  return webauthnSigner({ ...(await registerPasskey({ create, rp, userName: name })), get });
}

/** Signs for a WalletMock with its owner's key. */
export function walletSigner(wallet: string, owner: string): AgentSigner {
  const { signingKey } = agentKey(owner);
  return contractSigner(wallet, async ({ digest }) => signingKey.sign(digest).serialized);
}
