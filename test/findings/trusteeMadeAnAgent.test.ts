import { expect } from "chai";
import { Wallet } from "ethers";
import { hex20 } from "../../client/core/index.ts";
import { keyIdOf, secp256k1Key } from "../../client/keys/index.ts";
import {
  ALL_CAPABILITIES,
  buildAuthorize,
  NO_EXPIRY,
  type PolicyId,
  policyId,
  type RegistryLocation,
  secretCommitment,
} from "../../client/policy/index.ts";
import { appoint, approveAsTrustee, consentToTrust, makeTrusteeSet } from "../../client/trustees/index.ts";
import { codeOfAsync } from "../client/support.ts";

const location: RegistryLocation = { chainId: 1n, registry: hex20(`0x${"11".repeat(20)}`) };
const policy: PolicyId = policyId(7n);

describe("findings: a trustee's signature that a lying node makes an agent's", () => {
  it("is not given for a set number that no policy has", async () => {
    const signers = Array.from({ length: 3 }, () => Wallet.createRandom());
    const offer = { location, policy, capabilities: ALL_CAPABILITIES, deadline: 10n ** 10n };
    const consents = await Promise.all(signers.map((one) => consentToTrust(one, offer)));
    const set = makeTrusteeSet({ location, policy, consents });
    const [ada] = signers;
    if (ada === undefined) return expect.fail("nobody");
    const key = secp256k1Key(ada.address);
    const appointment = appoint(set, keyIdOf(key));
    const newcomer = secp256k1Key(Wallet.createRandom().address);
    const commitment = secretCommitment(5n);
    const operation = buildAuthorize({
      ...{ policy, epoch: 1, now: 1n, lane: 0n, nonce: 0n, proposer: keyIdOf(key) },
      changes: [{ key: newcomer, authorizations: ["PROVE"], grant: { commitment, expiry: NO_EXPIRY } }],
    });
    // Ada is an agent as well, and voided nothing: as one she signs with 0, which is what the node makes of its number.
    for (const lie of [2 ** 32 - 1, 2 ** 32 - 2, 2 ** 31, -1, 0.5]) {
      expect(await codeOfAsync(() => approveAsTrustee(ada, appointment, operation, lie))).to.equal(
        "TRUSTEE_SET_IMPLAUSIBLE",
      );
    }
    expect((await approveAsTrustee(ada, appointment, operation, 1)).trustee.key).to.deep.equal(key);
  });
});
