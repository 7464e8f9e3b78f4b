import { bytesToHex, type Hex20, type Hex32, hex32 } from "../core/index.ts";
import { ProofError } from "./errors.ts";
import { keccakWords } from "./words.ts";

/** Bits of {@link PresentationRequest.disclose}. */
export const DISCLOSE = { OWNER: 1, DEVICE: 2, SHARED: 4 } as const;

/** What a verifier asks for (protocol §6.4). */
export type PresentationRequest = {
  /** Names what pseudonyms are for; zero exactly if none is asked for. */
  readonly scope: Hex32;
  /** Single use; off-chain at least 128 random bits, on-chain the hash of the action. */
  readonly challenge: Hex32;
  /** Sum of {@link DISCLOSE} bits; SHARED only with OWNER or DEVICE. */
  readonly disclose: number;
  /** Seconds for which a revocation root serves after a revocation superseded it; 0: only the current one. */
  readonly maxRevocationAge: bigint;
  /** The least number of agents, live or not, to hide among. */
  readonly minAgents: bigint;
  /** Last second, since 1970, at which a presentation is accepted. */
  readonly expiresAt: bigint;
};

/** Where a presentation is for. All of it but `audience` is public and the same for all; see {@link webAudience}. */
export type PresentationContext = {
  readonly chainId: bigint;
  readonly registry: Hex20;
  /** The verifying contract, or {@link OFF_CHAIN}. */
  readonly verifier: Hex20;
  /** Who it is shown to: taken by the agent from the authenticated channel, never from the request. */
  readonly audience: Hex32;
};

/** `verifier` of a presentation that no contract checks. */
export const OFF_CHAIN = "0x0000000000000000000000000000000000000000" as Hex20;

export const ZERO_SCOPE = `0x${"00".repeat(32)}` as Hex32;

const MAX_UINT64 = (1n << 64n) - 1n;

/**
 * Checks that a request is well-formed and returns it.
 *
 * @throws {ProofError} DISCLOSE_INVALID, SCOPE_MISSING, SCOPE_UNEXPECTED, REQUEST_NUMBER_OUT_OF_RANGE
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function presentationRequest(request: PresentationRequest): PresentationRequest {
  const { scope, challenge, disclose, maxRevocationAge, minAgents, expiresAt } = request;
  const pseudonyms = disclose & (DISCLOSE.OWNER | DISCLOSE.DEVICE);
  if (!Number.isInteger(disclose) || disclose < 0 || disclose > 7 || disclose === DISCLOSE.SHARED) {
    throw new ProofError("DISCLOSE_INVALID", "disclose is not 0 … 3 or 5 … 7", { details: { disclose } });
  }
  if (pseudonyms !== 0 && hex32(scope) === ZERO_SCOPE) {
    throw new ProofError("SCOPE_MISSING", "a pseudonym needs a non-zero scope", { details: { disclose } });
  }
  if (pseudonyms === 0 && hex32(scope) !== ZERO_SCOPE) {
    throw new ProofError("SCOPE_UNEXPECTED", "a request without pseudonyms has no scope", {
      details: { scope },
    });
  }
  for (const [name, value] of Object.entries({ maxRevocationAge, minAgents, expiresAt })) {
    if (typeof value !== "bigint" || value < 0n || value > MAX_UINT64) {
      throw new ProofError("REQUEST_NUMBER_OUT_OF_RANGE", `${name} is not an integer of 64 bits`, {
        details: { name },
      });
    }
  }
  return {
    scope: hex32(scope),
    challenge: hex32(challenge),
    disclose,
    maxRevocationAge,
    minAgents,
    expiresAt,
  };
}

/** True if the request asks for this pseudonym. */
export function discloses(request: PresentationRequest, bit: number): boolean {
  return (request.disclose & bit) !== 0;
}

/** A fresh challenge of 256 random bits for an off-chain request. */
export function generateChallenge(): Hex32 {
  return hex32(bytesToHex(crypto.getRandomValues(new Uint8Array(32))));
}

/** What the pseudonym bases are hashed from: scope and audience, or the scope alone if it is shared (protocol §6.3). */
export function scopeSeed(request: PresentationRequest, audience: Hex32): Hex32 {
  return discloses(request, DISCLOSE.SHARED)
    ? keccakWords([request.scope])
    : keccakWords([audience, request.scope]);
}

/** Domain tags of the two pseudonym bases (protocol §6.3). */
export function baseDomains(request: PresentationRequest): {
  readonly owner: string;
  readonly device: string;
} {
  const suffix = discloses(request, DISCLOSE.SHARED) ? "-SHARED" : "";
  return { owner: `DKMS-V1-OWNER${suffix}`, device: `DKMS-V1-DEVICE${suffix}` };
}
