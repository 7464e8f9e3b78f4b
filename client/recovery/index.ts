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
export type { GivenShare, RecoveredSecret, RecoverSecretOptions, RejectedShare } from "./recover.ts";
export { recoverSecret } from "./recover.ts";
export type { Recovered, RecoveryFile, RecoverySetUp, SetUpRecoveryOptions } from "./recoveryFile.ts";
export { recover, setUpRecovery } from "./recoveryFile.ts";
export type { SealedPayload, SecretKeys, StretchedPin } from "./sealed.ts";
export { backupIdentity, openPayload, sealPayload } from "./sealed.ts";
export type { LongWork, SecondFactor } from "./secondFactor.ts";
export { newSecondFactor, stretchPin } from "./secondFactor.ts";
export type { Json, JsonWithWalletData, RecordReader, ShardOptions, ShardStore } from "./shards.ts";
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
export type { ShareWords } from "./shareWords.ts";
export { shareFromWords, shareToWords } from "./shareWords.ts";
