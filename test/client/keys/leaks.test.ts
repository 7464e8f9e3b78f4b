import { expect } from "chai";
import { bytesToHex } from "../../../client/core/index.ts";
import { KeysError, Secret, wordsOf } from "../../../client/keys/index.ts";
import { leakWatch } from "./leaks.ts";

describe("keys/leaks", () => {
  const planted = () => new Secret(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3));
  const watched = (leak: (bytes: Uint8Array) => void): number => {
    const watch = leakWatch();
    watch.start();
    try {
      leak(planted().reveal());
    } finally {
      watch.stop();
    }
    return watch.leaks().length;
  };
  const failing = (details: Readonly<Record<string, unknown>>, message = "no") => {
    try {
      throw new KeysError("KEY_LENGTH", message, { details });
    } catch {
      // Caught by somebody who may log it.
    }
  };

  it("are found in an error's details, message and cause, in every shape", () => {
    const leaks: readonly ((bytes: Uint8Array) => void)[] = [
      (bytes) => failing({ key: bytesToHex(bytes) }),
      (bytes) => failing({ key: bytesToHex(bytes).toUpperCase() }),
      (bytes) => failing({ key: Buffer.from(bytes).toString("base64") }),
      (bytes) => failing({ key: Buffer.from(bytes).toString("base64url") }),
      (bytes) => failing({ key: BigInt(bytesToHex(bytes)) }),
      (bytes) => failing({ key: bytes }),
      (bytes) => failing({ key: [...bytes] }),
      (bytes) => failing({ half: bytesToHex(bytes.slice(0, 16)) }),
      (bytes) => failing({}, `not a key: ${bytesToHex(bytes)}`),
      (bytes) => failing({ words: wordsOf(new Secret(bytes)).reveal() }),
      (bytes) => void new KeysError("KEY_LENGTH", "no", { cause: new Error(bytesToHex(bytes)) }),
    ];
    for (const [i, leak] of leaks.entries()) expect(watched(leak), String(i)).to.be.greaterThan(0);
  });

  it("are found in what is printed", () => {
    // Nothing is shown: what the stream would write is dropped.
    const own = Object.getOwnPropertyDescriptor(process.stdout, "_write");
    Object.defineProperty(process.stdout, "_write", {
      configurable: true,
      value: (_: unknown, __: unknown, done: () => void) => done(),
    });
    try {
      expect(watched((bytes) => console.log("key", bytesToHex(bytes)))).to.be.greaterThan(0);
      expect(watched((bytes) => console.info({ nested: { bytes: [...bytes] } }))).to.be.greaterThan(0);
    } finally {
      Reflect.deleteProperty(process.stdout, "_write");
      if (own !== undefined) Object.defineProperty(process.stdout, "_write", own);
    }
  });

  it("do not alarm the watch around the one that finds them", () => {
    const outer = leakWatch();
    outer.start();
    try {
      expect(watched((bytes) => failing({ key: bytesToHex(bytes) }))).to.be.greaterThan(0);
      planted().reveal();
      failing({ id: "harmless" });
    } finally {
      outer.stop();
    }
    expect(outer.leaks()).to.deep.equal([]);
    expect(outer.seen()).to.deep.equal({ secrets: 1, errors: 1 });
  });

  it("are not reported of innocent errors and redacted secrets", () => {
    expect(watched(() => failing({ key: planted(), bytes: 32, id: `0x${"ab".repeat(16)}` }))).to.equal(0);
    const error = new KeysError("KEY_LENGTH", "no");
    expect([error.name, error.code, Object.keys(error).includes("name")]).to.deep.equal([
      "KeysError",
      "KEY_LENGTH",
      true,
    ]);
  });
});
