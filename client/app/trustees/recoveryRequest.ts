import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Registry, readHead, readRecovery } from "../../chain/index.ts";
import { bytesToHex, type Hex32, hex32 } from "../../core/index.ts";
import { agentSignerOf, keyIdOf, type PolicySigner } from "../../keys/index.ts";
import {
  type Acceptance,
  type AgentPower,
  type Authorizations,
  acceptRecovery,
  buildRecoveryAcceptance,
  checkRecoveryAcceptance,
  checkSettings,
  DEFAULT_DEADLINE_SECONDS,
  NO_ROOT_KEYS,
  type PolicyId,
  proposalIdOf,
  type RecoveryProposalState,
  type RegistryLocation,
  type RootSet,
  type RotatedSettings,
  rootCommitment,
  safeSettings,
} from "../../policy/index.ts";
import { safetyWords } from "../../recovery/index.ts";
import { AppError } from "../errors.ts";
import { textToBytes, toJson } from "../json.ts";

/** A new device's power after a recovery, and its signature that it accepts it. */
export type RecoveryConsent = { readonly power: AgentPower; readonly acceptance: Acceptance };

/** What an owner asks her trustees for; holds no secret. */
export type RecoveryRequest = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  /** The number of the recovery: once it has ended, for whatever reason, a new request is due. */
  readonly recovery: bigint;
  /** All that are to hold power. */
  readonly agents: readonly RecoveryConsent[];
  readonly settings: RotatedSettings;
};

export type ConsentToRecoveryOptions = {
  readonly registry: Registry;
  /** From the paper, or from a trustee. */
  readonly policy: PolicyId;
  readonly authorizations: Authorizations;
  /** How long a proposal can be made with it, in seconds; seven days by default. */
  readonly validFor?: bigint;
};

const DEFAULT_VALIDITY = 7n * 86_400n;

/**
 * Consents, on an owner's new device, to hold power in her policy after a recovery.
 *
 * @param signer The new device's policy key, of any kind.
 * @throws {PolicyError} AUTHORIZATIONS_EMPTY, POWER_WITH_PROVE, AUTHORIZATIONS_UNKNOWN; {ChainError} those of the node
 */
export async function consentToRecovery(
  signer: PolicySigner,
  options: ConsentToRecoveryOptions,
): Promise<RecoveryConsent & { readonly recovery: bigint }> {
  const { registry, policy, authorizations, validFor = DEFAULT_VALIDITY } = options;
  const { time: now } = await readHead(registry);
  const { number: recovery } = await readRecovery(registry, policy);
  const { key } = await agentSignerOf(signer);
  const offer = buildRecoveryAcceptance({
    ...{ policy, recovery, now, deadline: now + validFor },
    power: { key, authorizations },
  });
  const acceptance = await acceptRecovery(signer, registry.location, offer);
  return { recovery, power: offer.power, acceptance };
}

export type RecoveryRequestOptions = {
  readonly registry: Registry;
  readonly policy: PolicyId;
  /** One of each new device. */
  readonly consents: readonly (RecoveryConsent & { readonly recovery: bigint })[];
  /** The root keys from then on, printed by now; `undefined` means none. */
  readonly nextRootSet: RootSet | undefined;
  /** Where they are to differ from `safeSettings`. */
  readonly settings?: Partial<Omit<RotatedSettings, "rootCommitment">>;
};

/**
 * What an owner gives to a trustee who proposes her recovery.
 *
 * @throws {AppError} RECOVERY_REQUEST_STALE if the consents are not of one recovery
 * @throws {PolicyError} SETTING_OUT_OF_RANGE, ACCEPTANCE_MISMATCH
 */
export function requestRecovery(options: RecoveryRequestOptions): RecoveryRequest {
  const { registry, policy, consents, nextRootSet } = options;
  const [first] = consents;
  if (first === undefined || consents.some(({ recovery }) => recovery !== first.recovery)) {
    throw new AppError(
      "RECOVERY_REQUEST_STALE",
      "the devices consented to different recoveries, or none did",
      {
        details: { recoveries: consents.map(({ recovery }) => recovery) },
      },
    );
  }
  const admins = consents.filter(
    ({ power }) => power.authorizations.includes("ADMIN") && power.key.kind !== "CONTRACT",
  );
  const rootKeys = nextRootSet === undefined ? NO_ROOT_KEYS : rootCommitment(nextRootSet);
  const { delay: _, window: __, ...safe } = safeSettings({ admins: admins.length, rootCommitment: rootKeys });
  const request = {
    ...{ location: registry.location, policy, recovery: first.recovery },
    agents: consents.map(({ power, acceptance }) => ({ power, acceptance })),
    settings: checkSettings({ ...safe, ...options.settings }),
  };
  checkRecoveryRequest(request);
  return request;
}

/**
 * Refuses a request with an acceptance that its device did not sign; one of a contract is left to the chain.
 *
 * @throws {PolicyError} ACCEPTANCE_MISMATCH, SIGNATURE_MALFORMED
 */
export function checkRecoveryRequest({ location, policy, recovery, agents }: RecoveryRequest): void {
  for (const { power, acceptance } of agents) {
    checkRecoveryAcceptance(location, { policy, recovery, power, acceptance });
  }
}

/**
 * Twelve words that owner and trustee read to each other: if they are the same, the request is the one that she made. They cover
 * all that the recovery will do.
 */
export function recoveryRequestWords(request: RecoveryRequest): readonly string[] {
  return safetyWords(fingerprintOf(request));
}

/** How long a proposal takes votes, in seconds, as the registry has it. */
const PROPOSAL_LIFE = 30n * 86_400n;

/**
 * Refuses a proposal whose id is not that of the request, whatever a node says that it holds: the id is the hash of all that
 * the recovery does, and of a deadline within an hour of when it was proposed.
 *
 * @throws {AppError} PROPOSAL_NOT_REQUESTED
 */
export function checkProposal(
  { policy, recovery, agents, settings }: RecoveryRequest,
  { id, lapses, trusteeSet }: { readonly id: Hex32; readonly lapses: bigint; readonly trusteeSet: number },
): void {
  const made = lapses - PROPOSAL_LIFE;
  const operation = {
    ...{ action: "RecoveryProposal" as const, policy, recovery, trusteeSet, settings },
    agents: agents.map(({ power }) => power),
  };
  for (let deadline = made; deadline <= made + DEFAULT_DEADLINE_SECONDS; deadline++) {
    if (proposalIdOf({ ...operation, deadline }) === id) return;
  }
  throw new AppError("PROPOSAL_NOT_REQUESTED", "the proposal is not what the owner asked for", {
    details: { proposal: id },
  });
}

/** True if a proposal does exactly what was asked for: who holds power, by which rules, and under which root keys. */
export function isRequested(
  { agents, settings }: Pick<RecoveryRequest, "agents" | "settings">,
  proposal: Pick<RecoveryProposalState, "agents" | "settings">,
): boolean {
  const asked = effectOf(
    agents.map(({ power }) => power),
    settings,
  );
  return JSON.stringify(asked) === JSON.stringify(effectOf(proposal.agents, proposal.settings));
}

function fingerprintOf({ location, policy, recovery, agents, settings }: RecoveryRequest): Hex32 {
  const effect = effectOf(
    agents.map(({ power }) => power),
    settings,
  );
  const text = toJson("dkms-recovery-fingerprint-v1", { location, policy, recovery, ...effect });
  return hex32(bytesToHex(keccak_256(textToBytes(text))));
}

/** All that a recovery does. */
function effectOf(agents: readonly AgentPower[], settings: RotatedSettings) {
  return {
    powers: agents.map(({ key, authorizations }) => [key.kind, keyIdOf(key), authorizations]),
    rules: [settings.grantQuorum, settings.adminQuorum, settings.contractKeysCount],
    rootCommitment: settings.rootCommitment,
  };
}
