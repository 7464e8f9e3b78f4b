import { expect } from "chai";
import { Wallet } from "ethers";
import { type Hex, hex32 } from "../../client/core/index.ts";
import { secp256k1Key, verifySignature } from "../../client/keys/index.ts";
import { codeOf } from "../client/support.ts";

/**
 * The client took signatures whose last byte was 0, 1 or one of old transactions, which the registry refuses: a trustee's
 * consent looked good until the day on which it was to act.
 */
describe("finding: a signature that is good only off the chain", () => {
  const digest = hex32(`0x${"d1".repeat(32)}`);
  const wallet = new Wallet(`0x${"17".repeat(32)}`);
  const key = secp256k1Key(wallet.address);
  const { r, s, yParity } = wallet.signingKey.sign(digest);
  const ending = (v: number): Hex => `0x${r.slice(2)}${s.slice(2)}${v.toString(16).padStart(2, "0")}`;

  it("takes 27 or 28, as the registry does", () => {
    expect(verifySignature(key, digest, ending(27 + yParity))).to.equal("SIGNED");
    expect(verifySignature(key, digest, ending(28 - yParity))).to.equal("NOT_SIGNED");
  });

  it("refuses every other", () => {
    for (let v = 0; v < 256; v++) {
      if (v === 27 || v === 28) continue;
      expect(
        codeOf(() => verifySignature(key, digest, ending(v))),
        `v ${v}`,
      ).to.equal("KEY_SIGNATURE_MALFORMED");
    }
  });
});
