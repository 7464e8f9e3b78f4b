import type { Targets } from "./table.ts";

/** What must be reached; gas in units, times in milliseconds. Times are of an idle machine with two cores. */
export const TARGETS: Targets = {
  "circuit.constraints": 8_180,
  "gas.grant.1": 240_000,
  "gas.grant.1000": 240_000,
  "gas.grant.1000000": 240_000,
  "gas.revoke.1000": 150_000,
  "gas.revoke.1000000": 330_000,
  "gas.revokeFirst.1000": 190_000,
  "gas.revokeFirst.1000000": 440_000,
  "gas.verify.owner": 300_000,
  "gas.verify.device": 300_000,
  "gas.verify.both": 320_000,
  "governance.emergencyRotate.32": 16_777_216,
  "governance.abandon32": 16_777_216,
  "recovery.execute.32": 16_777_216,
  "did.create4": 90_000,
  "did.createRelayed": 90_000,
  "did.update1": 60_000,
  "did.update8": 60_000,
  "did.relayed.update1": 60_000,
  "did.relayed.update8": 60_000,
  "time.presentMs": 20,
  "time.verifyMs": 50,
};
