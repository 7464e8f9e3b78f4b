import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { bytesToHex, hexToBytes } from "../../client/core/index.ts";
import { Secret } from "../../client/keys/index.ts";
import { recover, recoverSecret, setUpRecovery, stretchPin } from "../../client/recovery/index.ts";
import { recoveryFile, SOURCE_DID, seeded, signerOf } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

/** What 32-byte keys were overwritten with zeros while this ran. */
async function overwritten<Result>(work: () => Promise<Result>) {
  const seen = new Set<string>();
  const fill = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "fill");
  if (fill === undefined) expect.fail("no fill");
  const { value: original } = fill;
  Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "fill", {
    ...fill,
    value: function watched(this: Uint8Array, ...given: Parameters<Uint8Array["fill"]>) {
      if (this instanceof Uint8Array && this.length === 32 && given[0] === 0) seen.add(bytesToHex(this));
      return Reflect.apply(original, this, given);
    },
  });
  try {
    return { result: await work(), seen };
  } finally {
    Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "fill", fill);
  }
}

/**
 * Whoever reads the memory of the owner's device after a set-up or a recovery found the stretched PIN, and the keys that
 * the recovery file was sealed with, though bytes are said to be overwritten after use.
 */
describe("findings: keys that are left in memory", function () {
  this.timeout(60_000);

  it("are overwritten: of the PIN, of both layers, also when the PIN is wrong", async () => {
    const pin = () => new Secret("correct horse");
    const trustees = ["Ada", "Ben", "Cleo"];
    const made = await overwritten(() =>
      setUpRecovery({
        ...{ file: recoveryFile(), threshold: 2, trustees, epoch: 1, sourceDid: SOURCE_DID },
        ...{ signer: signerOf(1), random: seeded(5), pin: pin() },
      }),
    );
    const { shares, tag } = made.result;
    const given = { shares: shares.slice(0, 2).map((json) => ({ json })), trust: { anchor: tag } };
    const found = await overwritten(() => recover({ ...given, pin: pin() }));
    const wrong = new Secret("another horse");
    const missed = await overwritten(() => codeOfAsync(() => recover({ ...given, pin: wrong })));
    expect(missed.result).to.equal("SECOND_FACTOR_WRONG");

    const secret = recoverSecret(given).secret.reveal();
    const parameters = shares[0]?.sealed?.secondFactor ?? expect.fail("no PIN");
    const derived = (info: string, ...material: Uint8Array[]) =>
      bytesToHex(hkdf(sha512, concatBytes(...material), hexToBytes(tag), utf8ToBytes(info), 32));
    const keysOf = async (of: Secret<string>) => {
      const stretched = (await stretchPin(of, parameters)).reveal();
      const outer = derived("DKMS-V1-SEALED-OUTER", secret);
      return [bytesToHex(stretched), outer, derived("DKMS-V1-SEALED-INNER", secret, stretched)];
    };
    const keys = await keysOf(pin());
    expect([...made.seen]).to.include.members(keys);
    expect([...found.seen]).to.include.members(keys);
    expect([...missed.seen]).to.include.members(await keysOf(wrong));
  });
});
