import { inspect } from "node:util";
import { expect } from "chai";
import {
  bigintToBytes,
  bigintToHex32,
  bytesToBigint,
  bytesToHex,
  CoreError,
  fieldElement,
  hex,
  hex20,
  hex32,
  hexToBytes,
  isDkmsError,
  isFieldElement,
  SCALAR_MODULUS,
} from "../../../client/core/index.ts";

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isDkmsError(error) ? error.code : String(error);
  }
  return undefined;
}

describe("core/bytes", () => {
  it("normalises hex to lower case", () => {
    expect(hex("0xABcd")).to.equal("0xabcd");
  });

  for (const bad of ["", "abcd", "0x1", "0xzz", "0x 1", "0x12\n"]) {
    it(`refuses ${JSON.stringify(bad)} as hex`, () => {
      expect(codeOf(() => hex(bad))).to.equal("HEX_MALFORMED");
    });
  }

  it("refuses other lengths than asked for", () => {
    expect(codeOf(() => hex32("0x12"))).to.equal("BYTES_LENGTH");
    expect(codeOf(() => hex20(`0x${"00".repeat(21)}`))).to.equal("BYTES_LENGTH");
  });

  it("round-trips bytes and integers", () => {
    const bytes = Uint8Array.of(0, 1, 254, 255);
    expect(hexToBytes(bytesToHex(bytes))).to.deep.equal(bytes);
    expect(bytesToBigint(bigintToBytes(2n ** 31n + 5n, 8))).to.equal(2n ** 31n + 5n);
    expect(bytesToBigint(new Uint8Array())).to.equal(0n);
    expect(bigintToHex32(255n)).to.equal(`0x${"00".repeat(31)}ff`);
  });

  it("refuses integers that do not fit", () => {
    expect(codeOf(() => bigintToHex32(-1n))).to.equal("INTEGER_OUT_OF_RANGE");
    expect(codeOf(() => bigintToHex32(2n ** 256n))).to.equal("INTEGER_OUT_OF_RANGE");
    expect(codeOf(() => bigintToBytes(256n, 1))).to.equal("INTEGER_OUT_OF_RANGE");
  });
});

describe("core/field", () => {
  it("accepts 0 and r - 1, refuses r, 2^256 and negatives", () => {
    expect(fieldElement(0n)).to.equal(0n);
    expect(fieldElement(SCALAR_MODULUS - 1n)).to.equal(SCALAR_MODULUS - 1n);
    for (const bad of [SCALAR_MODULUS, 2n ** 256n, -1n]) {
      expect(isFieldElement(bad)).to.equal(false);
      expect(codeOf(() => fieldElement(bad, "secret"))).to.equal("FIELD_NOT_CANONICAL");
    }
  });

  it("never repeats the value, which may be a secret", () => {
    const planted = SCALAR_MODULUS + 123456789n;
    try {
      fieldElement(planted, "secret");
      expect.fail("must throw");
    } catch (error) {
      expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.to.contain(planted.toString());
    }
  });
});

describe("core/errors", () => {
  it("carries code, details and cause, and is recognised by code", () => {
    const cause = new Error("inner");
    const error = new CoreError("BYTES_LENGTH", "no", { details: { size: 3n }, cause });
    expect(error).to.be.instanceOf(Error);
    expect(error.name).to.equal("CoreError");
    expect(error.cause).to.equal(cause);
    expect(isDkmsError(error, "BYTES_LENGTH")).to.equal(true);
    expect(isDkmsError(error, "HEX_MALFORMED")).to.equal(false);
    expect(isDkmsError(cause)).to.equal(false);
    expect(JSON.parse(JSON.stringify(error)).details).to.deep.equal({ size: "3" });
  });
});
