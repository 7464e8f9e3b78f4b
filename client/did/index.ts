export type { DidApproval, DidTypedData } from "./approvals.ts";
export { approveDid, collectApprovals, didTypedData, senderApproval } from "./approvals.ts";
export type { CachedVersion, DidCache } from "./cache.ts";
export { memoryCache } from "./cache.ts";
export {
  addKey,
  addService,
  removeService,
  replaceService,
  revokeKey,
  rotateKey,
  setAlsoKnownAs,
  setKeyExpiry,
} from "./changes.ts";
export type { DidSnapshot } from "./commitment.ts";
export { commitmentOf, deactivationCommitment } from "./commitment.ts";
export type { Controllers, ControllersWarning, DidDerivation } from "./controllers.ts";
export {
  accountControllers,
  controllersWarnings,
  decodeControllers,
  deriveDidId,
  encodeControllers,
  NO_NEXT,
  nextCommitment,
} from "./controllers.ts";
export type { Dereferencing } from "./dereference.ts";
export type {
  DidDocument,
  DidProfile,
  DidService,
  DidWarning,
  KeyFormat,
  VerificationMethod,
} from "./document.ts";
export type { DidErrorCode, DidInputErrorCode, ResolutionErrorCode } from "./errors.ts";
export { DidError } from "./errors.ts";
export { getResolver } from "./getResolver.ts";
export type { DidId, DkmsDid, NetworkNames } from "./identifier.ts";
export { DID_METHOD, didId, formatDid, parseDid } from "./identifier.ts";
export type { KeyCodec, PublicJwk } from "./keyCodecs.ts";
export { KEY_CODECS } from "./keyCodecs.ts";
export type { DidKey, DidKeyId, DidKeyOptions, Relationship } from "./keys.ts";
export { didKey, didKeyId, didKeyIdOf, NO_EXPIRY, RELATIONSHIPS } from "./keys.ts";
export { MEDIA_TYPES, negotiate } from "./mediaTypes.ts";
export type { DidDocumentMetadata, DidResolutionMetadata, DidResolutionResult } from "./metadata.ts";
export type {
  CreateDidOptions,
  DeactivateDidOptions,
  DidControl,
  DidOperation,
  DidRequest,
  DidReveal,
  RotateControllersOptions,
  Successors,
} from "./operations.ts";
export {
  createDid,
  deactivateDid,
  MAX_DEADLINE_SECONDS,
  rotateControllers,
  updateDid,
} from "./operations.ts";
export type { Problem } from "./problem.ts";
export { problemOf } from "./problem.ts";
export type { DidNetwork } from "./read.ts";
export type { DidRecord } from "./record.ts";
export { readRecord } from "./record.ts";
export type { DidResolutionOptions } from "./request.ts";
export { decodeDidRequest, encodeDidRequest } from "./requestJson.ts";
export type { DidResolverConfig, DkmsResolver } from "./resolver.ts";
export { didResolver } from "./resolver.ts";
export type { ServiceEndpoint, ServiceOptions } from "./services.ts";
export { service } from "./services.ts";
export type {
  BlockSelector,
  DidEvent,
  DidEventQuery,
  DidHead,
  DidObservation,
  DidSource,
  SnapshotSource,
} from "./source.ts";
export type { DidServiceEntry, DidState } from "./state.ts";
export { decodeState, EMPTY_STATE, encodeState } from "./state.ts";
