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
  SEAL_BYTES,
  sealBytes,
  unsealBytes,
} from "../../../client/core/index.ts";

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isDkmsError(error) ? error.code : String(error);
  }
  return undefined;
}

describe("core/aead", () => {
  // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
  const key = hexToBytes(hex(`0x${"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"}`));
  const nonce = hexToBytes(hex(`0x${"404142434445464748494a4b4c4d4e4f5051525354555657"}`));
  const associated = hexToBytes(hex("0x50515253c0c1c2c3c4c5c6c7"));
  const plaintext = new TextEncoder().encode(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  );
  const ciphertext =
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e";
  const tag = "c0875924c1c7987947deafd8780acf49";

  it("is XChaCha20-Poly1305, after its nonce (the draft's vector)", () => {
    const sealed = sealBytes({ key, associated }, plaintext, nonce);
    expect(bytesToHex(sealed)).to.equal(`${bytesToHex(nonce)}${ciphertext}${tag}`);
    expect(unsealBytes({ key, associated }, sealed)).to.deep.equal(plaintext);
    expect(sealed.length).to.equal(plaintext.length + SEAL_BYTES);
  });

  it("opens with nothing missing, altered, of another key or bound to something else", () => {
    const sealed = sealBytes({ key, associated }, plaintext);
    for (let length = 0; length < sealed.length; length++) {
      expect(unsealBytes({ key, associated }, sealed.subarray(0, length))).to.equal(undefined);
    }
    for (let at = 0; at < sealed.length; at++) {
      const altered = sealed.with(at, (sealed[at] ?? 0) ^ 1);
      expect(unsealBytes({ key, associated }, altered)).to.equal(undefined);
    }
    const other = key.with(0, 0);
    expect(unsealBytes({ key: other, associated }, sealed)).to.equal(undefined);
    expect(unsealBytes({ key, associated: associated.subarray(1) }, sealed)).to.equal(undefined);
  });

  it("takes another nonce each time, and seals nothing as well as something", () => {
    const empty = () => sealBytes({ key, associated }, new Uint8Array());
    expect(bytesToHex(empty())).not.to.equal(bytesToHex(empty()));
    expect(unsealBytes({ key, associated }, empty())).to.deep.equal(new Uint8Array());
  });
});

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
