export type { ContractAction } from "./action.ts";
export { actionChallenge } from "./action.ts";
export { contractAudience, didAudience, webAudience } from "./audience.ts";
export type { BaseProof, RevealedInputs } from "./authorization.ts";
export { importAuthorization, PreparedAuthorization } from "./authorization.ts";
export type {
  CanonicalInputs,
  CanonicalOptions,
  LeafPlace,
} from "./canonical.ts";
export { canonicalInputs, finalityDelay, sameInputs } from "./canonical.ts";
export type { RequestTerms } from "./challenges.ts";
export { ChallengeBook } from "./challenges.ts";
export type { AgentWitness, CircuitInputs, WitnessRoots } from "./circuitInputs.ts";
export { circuitInputs, witnessRoots } from "./circuitInputs.ts";
export type { AgentCredential, HiddenInputs } from "./credential.ts";
export { hiddenInputs } from "./credential.ts";
export type { ContractPresentation } from "./encode.ts";
export { encodeForContract } from "./encode.ts";
export type { ProofErrorCode } from "./errors.ts";
export { ProofError } from "./errors.ts";
export { AGENT_AUTHORIZATION_KEY, AGENT_AUTHORIZATION_KEY_HASH } from "./generated/agentAuthorizationKey.ts";
export type { HashedPoint } from "./hashToG1.ts";
export { hashToG1 } from "./hashToG1.ts";
export type { InputsAround, KeeperOptions } from "./keeper.ts";
export { AuthorizationKeeper, GRACE_SECONDS } from "./keeper.ts";
export type { G1Coordinates, G2Coordinates } from "./points.ts";
export type { PrepareOptions, PrepareStage } from "./prepare.ts";
export { prepare } from "./prepare.ts";
export type { PresentOptions } from "./present.ts";
export { present } from "./present.ts";
export type { Presentation } from "./presentation.ts";
export { pseudonymId } from "./presentation.ts";
export type { ProveOptions, Prover, ProverResult } from "./prover.ts";
export type { SnarkjsProverOptions } from "./proverSnarkjs.ts";
export { SnarkjsProver } from "./proverSnarkjs.ts";
export type { PresentationContext, PresentationRequest } from "./request.ts";
export {
  DISCLOSE,
  generateChallenge,
  OFF_CHAIN,
  presentationRequest,
  ZERO_SCOPE,
} from "./request.ts";
export type { RootFacts, RootsReader, Verified, VerifyOptions } from "./verify.ts";
export { verifyPresentation } from "./verify.ts";
export type { VerifyingKey, VerifyingKeyCoordinates } from "./verifyingKey.ts";
export { parseVerifyingKey, verifyingKey } from "./verifyingKey.ts";
export type { RequestMessage } from "./wire.ts";
export { parsePresentation, parseRequest, serializePresentation, serializeRequest } from "./wire.ts";
