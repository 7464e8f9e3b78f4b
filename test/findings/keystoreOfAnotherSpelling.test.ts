import { expect } from "chai";
import { encryptKeystoreJson, Wallet } from "ethers";
import { Secret } from "../../client/keys/index.ts";
import { importKeystore } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";

/** With a ligature, which normalisation takes apart. */
const RAW = "\ufb01sh and chips";
const key = { address: new Wallet(`0x${"42".repeat(32)}`).address, privateKey: `0x${"42".repeat(32)}` };
const cheap = { scrypt: { N: 1024, r: 8, p: 1 } };

describe(
  "findings: a keystore that its own password does not open. The password was said to be taken as it is, and was " +
    "normalised; a program that does take it as it is made a file that could not be imported",
  () => {
    const open = (json: string, password: string) => importKeystore(json, new Secret(password));

    it("opens whichever way the program that wrote it took the password", async () => {
      const raw = await encryptKeystoreJson(key, new TextEncoder().encode(RAW), cheap);
      const normalised = await encryptKeystoreJson(key, RAW, cheap);
      for (const json of [raw, normalised]) {
        const { address } = await open(json, RAW);
        expect(address).to.equal(key.address.toLowerCase());
        expect(await codeOfAsync(() => open(json, "\ufb02sh and chips"))).to.equal("WALLET_KEY_WRONG");
      }
      expect((await open(normalised, "fish and chips")).address).to.equal(key.address.toLowerCase());
      expect(await codeOfAsync(() => open(raw, "fish and chips"))).to.equal("WALLET_KEY_WRONG");
    });

    it("takes no half of a character for another", async () => {
      const json = await encryptKeystoreJson(key, new TextEncoder().encode("\ud800"), cheap);
      expect(await codeOfAsync(() => open(json, "\udfff"))).to.equal("WALLET_PASSWORD_MALFORMED");
    });
  },
);
