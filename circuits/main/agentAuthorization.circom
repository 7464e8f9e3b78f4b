pragma circom 2.2.0;

include "../lib/agentAuthorization.circom";

// Public signals, all outputs, in this order (protocol §5):
//
//   1 provisionedRoot    revealed
//   2 revokedRoot        revealed
//   3 publicValidUntil   revealed
//   4 policyAddress      hidden at presentation
//   5 ownerKey           hidden at presentation
//   6 deviceKey          hidden at presentation
component main = AgentAuthorization();
