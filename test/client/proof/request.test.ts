import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { hex20, hex32 } from "../../../client/core/index.ts";
import {
  ChallengeBook,
  contractAudience,
  didAudience,
  generateChallenge,
  present,
  presentationRequest,
  webAudience,
  ZERO_SCOPE,
} from "../../../client/proof/index.ts";
import { check, NOW, outcome, request, SCOPE, scenario, show } from "./support.ts";

describe("proof/request", () => {
  for (const disclose of [4, 8, 15, -1, 1.5, Number.NaN]) {
    it(`refuses disclose = ${disclose}`, () => {
      expect(outcome(() => presentationRequest(request({ disclose, scope: SCOPE })))).to.equal(
        "DISCLOSE_INVALID",
      );
    });
  }

  for (const disclose of [1, 2, 3, 5, 6, 7]) {
    it(`refuses disclose = ${disclose} without a scope`, () => {
      expect(outcome(() => presentationRequest(request({ disclose, scope: ZERO_SCOPE })))).to.equal(
        "SCOPE_MISSING",
      );
    });
  }

  it("refuses a scope without a pseudonym", () => {
    expect(outcome(() => presentationRequest(request({ disclose: 0, scope: SCOPE })))).to.equal(
      "SCOPE_UNEXPECTED",
    );
  });

  for (const name of ["maxRevocationAge", "minAgents", "expiresAt"]) {
    it(`refuses ${name} outside 64 bits`, () => {
      for (const value of [-1n, 1n << 64n]) {
        expect(outcome(() => presentationRequest(request({ [name]: value })))).to.equal(
          "REQUEST_NUMBER_OUT_OF_RANGE",
        );
      }
    });
  }

  it("draws challenges of 256 bits that differ", () => {
    expect(generateChallenge()).to.match(/^0x[0-9a-f]{64}$/);
    expect(generateChallenge()).not.to.equal(generateChallenge());
  });

  it("needs the user's consent for a shared scope", () => {
    const s = scenario();
    const options = { ...s, request: request({ disclose: 5 }) };
    expect(outcome(() => present(options))).to.equal("SHARED_SCOPE_NEEDS_CONSENT");
    expect(outcome(() => present({ ...options, sharedScopeConsent: false }))).to.equal(
      "SHARED_SCOPE_NEEDS_CONSENT",
    );
  });
});

describe("proof/audience", () => {
  it("hashes the origin as it is written", () => {
    expect(webAudience("https://example.com")).to.equal(keccak256(toUtf8Bytes("https://example.com")));
    expect(webAudience("https://example.com:8443")).not.to.equal(webAudience("https://example.com"));
  });

  for (const [origin, code] of [
    ["null", "ORIGIN_NULL"],
    ["", "ORIGIN_MALFORMED"],
    ["example.com", "ORIGIN_MALFORMED"],
    ["http://example.com", "ORIGIN_NOT_HTTPS"],
    ["file:///etc/passwd", "ORIGIN_NOT_HTTPS"],
    ["https://example.com/", "ORIGIN_MALFORMED"],
    ["https://example.com/path", "ORIGIN_MALFORMED"],
    ["https://example.com?x", "ORIGIN_MALFORMED"],
    ["https://example.com:443", "ORIGIN_MALFORMED"],
    ["https://EXAMPLE.com", "ORIGIN_MALFORMED"],
    ["https://bücher.example", "ORIGIN_MALFORMED"],
    ["https://user@example.com", "ORIGIN_MALFORMED"],
    [" https://example.com", "ORIGIN_MALFORMED"],
  ] as const) {
    it(`refuses the origin ${JSON.stringify(origin)}`, () => {
      expect(outcome(() => webAudience(origin))).to.equal(code);
    });
  }

  it("accepts a bare DID", () => {
    expect(outcome(() => didAudience("did:example:123:abc.def_-%20x"))).to.equal("accepted");
  });

  for (const did of [
    "",
    "did:example",
    "did:example:",
    "did:Example:1",
    "did:example:1/path",
    "did:example:1?q=1",
    "did:example:1#key",
    "did:example:1 ",
  ]) {
    it(`refuses ${JSON.stringify(did)} as a DID`, () => {
      expect(outcome(() => didAudience(did))).to.equal("DID_NOT_BARE");
    });
  }

  it("pads a contract's address on the left, as Solidity does", () => {
    expect(contractAudience(hex20(`0x${"ab".repeat(20)}`))).to.equal(
      `0x${"00".repeat(12)}${"ab".repeat(20)}`,
    );
  });
});

describe("proof/challenges", () => {
  const terms = { scope: SCOPE, disclose: 3, maxRevocationAge: 300n, minAgents: 10n, expiresAt: NOW + 60n };

  it("answers each challenge once: a presentation replayed to the same verifier is refused", () => {
    const s = scenario();
    const book = new ChallengeBook();
    const asked = book.issue(terms, NOW);
    const shown = show(s, asked);
    expect(outcome(() => check(s, book.take(asked.challenge, NOW), shown))).to.equal("accepted");
    expect(outcome(() => check(s, book.take(asked.challenge, NOW), shown))).to.equal("CHALLENGE_UNKNOWN");
  });

  it("refuses a challenge that it never gave", () => {
    expect(outcome(() => new ChallengeBook().take(hex32(`0x${"00".repeat(32)}`), NOW))).to.equal(
      "CHALLENGE_UNKNOWN",
    );
  });

  it("refuses an answer after the request's expiry", () => {
    const book = new ChallengeBook();
    const [late, timely] = [book.issue(terms, NOW), book.issue(terms, NOW)];
    expect(outcome(() => book.take(late.challenge, terms.expiresAt + 1n))).to.equal("REQUEST_EXPIRED");
    expect(outcome(() => book.take(timely.challenge, terms.expiresAt))).to.equal("accepted");
  });

  it("keeps to its capacity and makes room by dropping what has expired", () => {
    const book = new ChallengeBook(2);
    book.issue(terms, NOW);
    book.issue({ ...terms, expiresAt: NOW + 600n }, NOW);
    expect(outcome(() => book.issue(terms, NOW))).to.equal("CHALLENGE_BOOK_FULL");
    expect(outcome(() => book.issue({ ...terms, expiresAt: NOW + 600n }, terms.expiresAt + 1n))).to.equal(
      "accepted",
    );
  });

  it("refuses terms that are no request", () => {
    expect(outcome(() => new ChallengeBook().issue({ ...terms, disclose: 4 }, NOW))).to.equal(
      "DISCLOSE_INVALID",
    );
  });
});
