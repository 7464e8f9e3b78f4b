export type { Acknowledged } from "./acknowledgement.ts";
export { acknowledge, isAcknowledgement } from "./acknowledgement.ts";
export { backendConnectionKeys, backendShareSigner } from "./backendKeys.ts";
export type { Chore } from "./chores.ts";
export type {
  Collection,
  CollectionEffect,
  CollectionEvent,
  CollectionProgress,
  Session,
} from "./collection.ts";
export { collection, collectionProgress } from "./collection.ts";
export type { ConnectionKeys, Peer } from "./connection.ts";
export { connectionFingerprint, generateConnectionKeys, safetyWords } from "./connection.ts";
export type {
  KeepEffect,
  OwnerEnrolment,
  OwnerEnrolmentEvent,
  SendEffect,
  TrusteeEnrolment,
  TrusteeEnrolmentEvent,
} from "./enrolment.ts";
export { ownerEnrolment, trusteeEnrolment } from "./enrolment.ts";
export type { OpenEnvelopeOptions, OpenedEnvelope, SealEnvelopeOptions } from "./envelope.ts";
export { agreementIdentity, openEnvelope, sealEnvelope } from "./envelope.ts";
export type { RecoveryErrorCode } from "./errors.ts";
export { RecoveryError } from "./errors.ts";
export type { DealtSecret, SharedSecret, SharePublic, ShareValue, SharingBounds } from "./feldman.ts";
export {
  checkShareValue,
  combineShares,
  dealSecret,
  shareSetAnchor,
  verifyingShare,
} from "./feldman.ts";
export type { AnswerHeartbeatOptions, CheckHeartbeatOptions, Heartbeat, HeartbeatKey } from "./heartbeat.ts";
export { answerHeartbeat, checkHeartbeat } from "./heartbeat.ts";
export type { HttpTransportOptions } from "./httpTransport.ts";
export { envelopeApp, httpTransport } from "./httpTransport.ts";
export type { LongWork } from "./longWork.ts";
export type { Machine, MachineOptions, StateStore } from "./machine.ts";
export { startMachine } from "./machine.ts";
export type { Contact, Mailbox, MailboxOptions } from "./mailbox.ts";
export { mailbox } from "./mailbox.ts";
export type {
  Capability,
  Message,
  MessageFields,
  MessageType,
  NewMessageOptions,
  TrusteeMessage,
} from "./messages.ts";
export {
  CAPABILITIES,
  messageSchema,
  newMessage,
  newMessageId,
  parseMessage,
  readMessage,
  requireFresh,
  writeMessage,
} from "./messages.ts";
export type {
  ChangeTrusteesOptions,
  NewTrustee,
  OwnerDesk,
  OwnerDeskOptions,
  SetBackups,
  ShareAnchorWriter,
} from "./ownerDesk.ts";
export { ownerDesk } from "./ownerDesk.ts";
export type { GivenShare, RecoveredSecret, RecoverSecretOptions, RejectedShare } from "./recover.ts";
export { recoverSecret } from "./recover.ts";
export type { Recovered, RecoveryFile, RecoverySetUp, SetUpRecoveryOptions } from "./recoveryFile.ts";
export { recover, setUpRecovery } from "./recoveryFile.ts";
export type {
  RecoveryConnection,
  Release,
  ReleaseEffect,
  ReleaseEvent,
  VerificationMethod,
} from "./release.ts";
export { release, VERIFICATION_METHODS } from "./release.ts";
export type { ReplayBook, ReplayEntry } from "./replayBook.ts";
export { replayBook, storedReplayBook } from "./replayBook.ts";
export type { Reshare, ReshareEffect, ReshareEvent } from "./reshare.ts";
export { reshare } from "./reshare.ts";
export type { PlannedTrustee, ResharePlan } from "./resharePlan.ts";
export type { SealedPayload, SecretKeys, StretchedPin } from "./sealed.ts";
export { backupIdentity, openPayload, sealPayload } from "./sealed.ts";
export type { SecondFactor } from "./secondFactor.ts";
export { newSecondFactor, stretchPin } from "./secondFactor.ts";
export type { Json, JsonWithWalletData, RecordReader, ShardOptions } from "./shards.ts";
export {
  forgetShards,
  loadShards,
  recoverBytes,
  recoverJson,
  recoverJsonWithWalletData,
  shardBytes,
  shardJson,
  shardJsonWithWalletData,
  storeShards,
} from "./shards.ts";
export type { ShareJson, ShareSigner, ShareTrust, SignSharesOptions, VerifiedShare } from "./share.ts";
export { parseShare, signShares, verifyShare } from "./share.ts";
export type {
  AnchorReading,
  KeptShare,
  SetReference,
  ShareAnchor,
  ShareKeeper,
  ShareKeeperEffect,
  ShareKeeperEvent,
} from "./shareKeeper.ts";
export { EMPTY_KEEPER, shareKeeper } from "./shareKeeper.ts";
export type { ShareWords } from "./shareWords.ts";
export { shareFromWords, shareToWords } from "./shareWords.ts";
export type { Step } from "./steps.ts";
export type { EnvelopeHandler, EnvelopeTransport, MemoryTransport } from "./transport.ts";
export { memoryTransport } from "./transport.ts";
export type { TrusteeDesk, TrusteeDeskOptions } from "./trusteeDesk.ts";
export { trusteeDesk } from "./trusteeDesk.ts";
export { trustAnswer } from "./trustPing.ts";
export type { MessageDefaults } from "./variants.ts";
