import { expect } from "chai";
import fc from "fast-check";
import { formatDatetime, parseDatetime } from "../../../client/did/datetime.ts";
import { parseDidUrl } from "../../../client/did/didUrl.ts";
import { didId, formatDid, negotiate, parseDid } from "../../../client/did/index.ts";
import { codeOf } from "../support.ts";

const ID = "00112233445566778899aabbccddeeff00112233";

describe("did:dkms identifiers", () => {
  it("parses a chain id and the 20 bytes", () => {
    expect(parseDid(`did:dkms:11155111:${ID}`)).to.deep.equal({
      did: `did:dkms:11155111:${ID}`,
      canonical: `did:dkms:11155111:${ID}`,
      chainId: 11155111n,
      id: `0x${ID}`,
    });
  });

  it("takes the name of a configured network, and knows the canonical spelling", () => {
    const parsed = parseDid(`did:dkms:sepolia:${ID}`, { sepolia: 11155111n });
    expect(parsed.chainId).to.equal(11155111n);
    expect(parsed.canonical).to.equal(`did:dkms:11155111:${ID}`);
    expect(parsed.did).to.equal(`did:dkms:sepolia:${ID}`);
  });

  it("is the inverse of formatDid", () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 2n ** 64n - 1n),
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        (chain, bytes) => {
          const id = didId(`0x${Buffer.from(bytes).toString("hex")}`);
          const { chainId, id: parsed, canonical, did } = parseDid(formatDid(chain, id));
          expect([chainId, parsed, canonical]).to.deep.equal([chain, id, did]);
        },
      ),
    );
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ["upper-case hex, a second spelling", `did:dkms:1:${ID.toUpperCase()}`, "INVALID_DID"],
    ["a leading zero in the chain id", `did:dkms:01:${ID}`, "INVALID_DID"],
    ["chain 0", `did:dkms:0:${ID}`, "INVALID_DID"],
    ["a prefix of hex", `did:dkms:1:0x${ID}`, "INVALID_DID"],
    ["19 bytes", `did:dkms:1:${ID.slice(2)}`, "INVALID_DID"],
    ["21 bytes", `did:dkms:1:${ID}00`, "INVALID_DID"],
    ["no chain", `did:dkms:${ID}`, "INVALID_DID"],
    ["a percent-encoded digit, a second spelling", `did:dkms:1:%30${ID.slice(1)}`, "INVALID_DID"],
    ["a query", `did:dkms:1:${ID}?versionId=1`, "INVALID_DID"],
    ["a fragment", `did:dkms:1:${ID}#key`, "INVALID_DID"],
    ["an upper-case method", `did:DKMS:1:${ID}`, "INVALID_DID"],
    ["an upper-case scheme", `DID:dkms:1:${ID}`, "INVALID_DID"],
    ["a trailing line break", `did:dkms:1:${ID}\n`, "INVALID_DID"],
    ["nothing", "", "INVALID_DID"],
    ["a megabyte", `did:dkms:1:${"0".repeat(2 ** 20)}`, "INVALID_DID"],
    ["another method", "did:web:example.com", "METHOD_NOT_SUPPORTED"],
    ["a network that is not configured", `did:dkms:sepolia:${ID}`, "NETWORK_NOT_CONFIGURED"],
    ["a name that every object has", `did:dkms:constructor:${ID}`, "NETWORK_NOT_CONFIGURED"],
  ];
  for (const [what, did, code] of refused) {
    it(`refuses ${what}`, () => expect(codeOf(() => parseDid(did))).to.equal(code));
  }
});

describe("DID URLs", () => {
  it("come apart into DID, path, parameters and fragment", () => {
    const url = parseDidUrl(`did:dkms:1:${ID}/a/b?service=files&relativeRef=%2Fx%3Fy%3D1%26z#k`);
    expect(url.did).to.equal(`did:dkms:1:${ID}`);
    expect(url.path).to.equal("/a/b");
    expect([...url.parameters]).to.deep.equal([
      ["service", "files"],
      ["relativeRef", "/x?y=1&z"],
    ]);
    expect(url.fragment).to.equal("k");
  });

  it("keep a plus as it is", () => {
    expect(parseDidUrl(`did:dkms:1:${ID}?service=a+b`).parameters.get("service")).to.equal("a+b");
  });

  for (const [what, suffix] of [
    ["a parameter given twice", "?versionId=1&versionId=1"],
    ["a parameter given twice in another encoding", "?versionId=1&version%49d=2"],
    ["a parameter without value", "?versionId"],
    ["a parameter without name", "?=1"],
    ["an empty query", "?"],
    ["a stray percent sign", "?versionId=%zz"],
    ["bytes that are not UTF-8", "?versionId=%ff"],
    ["a space", "?versionId= 1"],
    ["a second fragment", "#a#b"],
    ["a quotation mark", '?versionId="1"'],
    ["too many characters", `?service=${"a".repeat(5000)}`],
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(codeOf(() => parseDidUrl(`did:dkms:1:${ID}${suffix}`))).to.equal("INVALID_DID_URL");
    });
  }
});

describe("datetimes of metadata", () => {
  it("are UTC to the second, both ways", () => {
    expect(formatDatetime(1_608_491_867n)).to.equal("2020-12-20T19:17:47Z");
    fc.assert(
      fc.property(fc.bigInt(0n, 253_402_300_799n), (seconds) => {
        expect(parseDatetime(formatDatetime(seconds) ?? "")).to.equal(seconds);
      }),
    );
  });

  it("end with the year 9999", () => {
    expect(formatDatetime(253_402_300_800n)).to.equal(undefined);
  });

  for (const value of [
    "2020-12-20T19:17:47",
    "2020-12-20T19:17:47.000Z",
    "2020-12-20T19:17:47+00:00",
    "2020-12-20 19:17:47Z",
    "2020-02-30T00:00:00Z",
    "2020-13-01T00:00:00Z",
    "2020-12-20T24:00:00Z",
    "2020-12-20T19:17:60Z",
    "1969-12-31T23:59:59Z",
    "20201220T191747Z",
    "banana",
    "",
  ]) {
    it(`are not written ${JSON.stringify(value)}`, () => expect(parseDatetime(value)).to.equal(undefined));
  }
});

describe("content negotiation (RFC 9110 §12.5.1)", () => {
  const offers = [
    "application/did",
    "application/did+json",
    'application/ld+json;profile="https://w3id.org/x,y"',
  ];

  for (const [accept, expected] of [
    [undefined, offers[0]],
    ["", offers[0]],
    ["*/*", offers[0]],
    ["application/*", offers[0]],
    ["application/did+json", offers[1]],
    ["APPLICATION/DID+JSON", offers[1]],
    ["application/did;q=0.2, application/did+json;q=0.9", offers[1]],
    ["*/*;q=1, application/did;q=0", offers[1]],
    ['application/ld+json;profile="https://w3id.org/x,y"', offers[2]],
    ['application/ld+json;profile="https://w3id.org/other"', undefined],
    ["application/ld+json", offers[2]],
    ["text/html", undefined],
    ["application/did;q=0", undefined],
    ["application/did;q=7", undefined],
    ["nonsense", undefined],
  ] as const) {
    it(`${accept} gives ${expected}`, () => expect(negotiate(accept, offers)).to.equal(expected));
  }
});
