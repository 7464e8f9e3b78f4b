import { expect } from "chai";
import { encryptAge } from "../../client/backup/index.ts";
import { Secret } from "../../client/keys/index.ts";
import { importPortable, openWallet, type WalletAnchor } from "../../client/wallet/index.ts";
import { codeOfAsync } from "../client/support.ts";
import { bytes, makeWallet, password, recovery } from "../client/wallet/support.ts";

describe("findings: passwords that are half a character apart", () => {
  it("are none, for all halves become one in UTF-8", async () => {
    const { wallet, storage } = await makeWallet();
    const add = (text: string) => codeOfAsync(() => wallet.addSlot({ secret: password(text) }));
    expect(await add("pass\ud800word")).to.equal("WALLET_PASSWORD_MALFORMED");
    expect(await add("p\u00e4ss\u{1f511}word")).to.equal(undefined);
    const open = () => openWallet({ storage, unlock: password("pass\udfffword") });
    expect(await codeOfAsync(open)).to.equal("WALLET_PASSWORD_MALFORMED");
    const passphrase = new Secret("twelve or more \udfff");
    expect(await codeOfAsync(() => encryptAge(bytes("x"), { passphrase }))).to.equal(
      "BACKUP_PASSPHRASE_WEAK",
    );
  });
});

describe("findings: a passphrase that is long, but of nothing", () => {
  for (const [what, text] of [
    ["blanks", " ".repeat(12)],
    ["what cannot be seen", "\u200b\u2060\u00ad".repeat(20)],
    ["blanks around eleven characters", "  horse batt ry  "],
  ] as const) {
    it(`protects no backup: ${what}`, async () => {
      const code = await codeOfAsync(() => encryptAge(bytes("x"), { passphrase: new Secret(text) }));
      expect(code).to.equal("BACKUP_PASSPHRASE_WEAK");
    });
  }
});

describe("findings: an anchor that is no number", () => {
  it("opens no wallet, for it was to protect it", async () => {
    const { wallet, storage } = await makeWallet();
    const anchor = wallet.anchor;
    const open = (given: WalletAnchor) =>
      codeOfAsync(() => openWallet({ storage, unlock: recovery(1), anchor: given }));
    expect(await open({ ...anchor, sequence: Number.NaN })).to.equal("WALLET_ROLLED_BACK");
    expect(await open(JSON.parse(JSON.stringify({ ...anchor, sequence: undefined })))).to.equal(
      "WALLET_ROLLED_BACK",
    );
    expect(await open(anchor)).to.equal(undefined);
  });
});

describe("findings: an export with a name that JavaScript has a use for", () => {
  it("is refused, and not imported without what it holds under it", async () => {
    const { wallet } = await makeWallet();
    for (const segments of ['{"__proto__":{"a":"AAAA"}}', '{"keys":{"__proto__":"AAAA","b":"AAAA"}}']) {
      const json = `{"format":"dkms-wallet-export","version":1,"segments":${segments}}`;
      expect(await codeOfAsync(() => importPortable(wallet, bytes(json)))).to.equal(
        "WALLET_EXPORT_MALFORMED",
      );
    }
    expect(await wallet.segment("keys").list()).to.deep.equal([]);
  });
});
