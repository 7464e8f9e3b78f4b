export type { Appointment, Fellow } from "./appointment.ts";
export { appoint, checkAppointment } from "./appointment.ts";
export type { TrusteeApproval, TrusteeStatement } from "./approvals.ts";
export {
  approveAsTrustee,
  capabilityFor,
  checkTrusteeApproval,
  sortTrusteeApprovals,
  statementTypedData,
  trusteeCounter,
} from "./approvals.ts";
export type { TrusteeConsent, TrusteeOffer } from "./consent.ts";
export { checkConsent, consentToTrust, consentTypedData } from "./consent.ts";
export type { TrusteesErrorCode } from "./errors.ts";
export { TrusteesError } from "./errors.ts";
export type { LeafContent } from "./leaf.ts";
export { blindedLeaf, leafOf } from "./leaf.ts";
export type { MerkleTree } from "./merkleTree.ts";
export { merkleTree } from "./merkleTree.ts";
export type { Trustee, TrusteeSet, TrusteeSetOptions } from "./trusteeSet.ts";
export { leafOfTrustee, makeTrusteeSet, withShareSet } from "./trusteeSet.ts";
