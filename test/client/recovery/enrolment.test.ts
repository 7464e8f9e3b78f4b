import { expect } from "chai";
import {
  type Capability,
  dealSecret,
  type Message,
  newMessage,
  type OwnerEnrolment,
  ownerEnrolment,
  type ShareJson,
  signShares,
  type TrusteeEnrolment,
  trustAnswer,
  trusteeEnrolment,
} from "../../../client/recovery/index.ts";
import { codeOf } from "../support.ts";
import { SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const NOW = 1_900_000_000;
const OFFERED: Capability[] = ["RECOVERY_SHARE", "REVOKE_AUTHZ"];
const options = { now: NOW, lifetime: 600 };
const offer = newMessage("CAPABILITY_OFFER", { capabilities: OFFERED }, options);
const request = (capabilities: Capability[], for_id = offer.id) =>
  newMessage("CAPABILITY_REQUEST", { for_id, capabilities, authorizationKeys: ["0x1234"] }, options);

describe("recovery/enrolment", () => {
  let share: ShareJson;
  before(async () => {
    const dealt = dealSecret({ threshold: 2, count: 5, epoch: 1, random: seeded(1) });
    const shares = await signShares({
      dealt,
      sourceDid: SOURCE_DID,
      trustees: TRUSTEES,
      signer: signerOf(1),
    });
    const [first] = shares;
    if (first === undefined) throw new Error("five shares");
    share = first;
  });
  const grant = (for_id: string, rest: Partial<Message<"CAPABILITY_RESPONSE">> = {}) =>
    newMessage("CAPABILITY_RESPONSE", { for_id, address: "I", share, ...rest }, options);

  const offered: OwnerEnrolment = { step: "offered", offer };
  const asked: TrusteeEnrolment = { step: "offered", offer };

  it("goes from offer to request to response, on both sides", () => {
    const sent = ownerEnrolment({ step: "new" }, { kind: "offer", message: offer });
    expect(sent).to.deep.equal({ state: offered, effects: [{ kind: "send", message: offer }] });
    const received = trusteeEnrolment({ step: "none" }, { kind: "received", message: offer, now: NOW });
    expect(received).to.deep.equal({ state: asked, effects: [] });

    const message = request(OFFERED);
    const answered = trusteeEnrolment(asked, { kind: "answer", message, now: NOW });
    expect(answered).to.deep.equal({
      state: { step: "requested", request: message },
      effects: [{ kind: "send", message }],
    });
    const agreed = ownerEnrolment(offered, { kind: "received", message, now: NOW }).state;
    expect(agreed).to.deep.equal({
      step: "agreed",
      requestId: message.id,
      capabilities: OFFERED,
      authorizationKeys: ["0x1234"],
    });

    const response = grant(message.id);
    const granted = ownerEnrolment(agreed, { kind: "grant", message: response });
    expect(granted.state).to.include({ step: "granted" });
    expect(granted.effects).to.deep.equal([{ kind: "send", message: response }]);
    const enrolled = trusteeEnrolment(answered.state, { kind: "received", message: response, now: NOW });
    expect(enrolled.state).to.deep.equal({ step: "enrolled", capabilities: OFFERED, address: "I" });
    expect(enrolled.effects).to.deep.equal([{ kind: "keep", message: response }]);
    for (const state of [agreed, granted.state, enrolled.state]) {
      expect(JSON.parse(JSON.stringify(state))).to.deep.equal(state);
    }
  });

  it("can be declined, by agreeing to nothing, and offered again", () => {
    const message = request([]);
    expect(trusteeEnrolment(asked, { kind: "answer", message, now: NOW }).state).to.deep.equal({
      step: "declined",
    });
    expect(ownerEnrolment(offered, { kind: "received", message, now: NOW }).state).to.deep.equal({
      step: "declined",
    });
    expect(
      trusteeEnrolment({ step: "declined" }, { kind: "received", message: offer, now: NOW }).state.step,
    ).to.equal("offered");
    expect(ownerEnrolment({ step: "declined" }, { kind: "offer", message: offer }).state.step).to.equal(
      "offered",
    );
  });

  it("gives less than was offered if the trustee agrees to less, and never more", () => {
    const less = request(["RECOVERY_SHARE"]);
    const { state } = ownerEnrolment(offered, { kind: "received", message: less, now: NOW });
    expect(state).to.deep.include({ capabilities: ["RECOVERY_SHARE"] });
    const more = request([...OFFERED, "ADMIN_AUTHZ"]);
    expect(codeOf(() => ownerEnrolment(offered, { kind: "received", message: more, now: NOW }))).to.equal(
      "CAPABILITY_NOT_OFFERED",
    );
    expect(codeOf(() => trusteeEnrolment(asked, { kind: "answer", message: more, now: NOW }))).to.equal(
      "CAPABILITY_NOT_OFFERED",
    );
  });

  it("lapses when the offer expires", () => {
    const late = NOW + 601;
    expect(ownerEnrolment(offered, { kind: "tick", now: NOW + 600 }).state).to.equal(offered);
    expect(ownerEnrolment(offered, { kind: "tick", now: late }).state).to.deep.equal({ step: "lapsed" });
    expect(trusteeEnrolment(asked, { kind: "tick", now: late }).state).to.deep.equal({ step: "lapsed" });
    const message = newMessage(
      "CAPABILITY_REQUEST",
      { for_id: offer.id, capabilities: OFFERED, authorizationKeys: [] },
      { now: late },
    );
    expect(codeOf(() => ownerEnrolment(offered, { kind: "received", message, now: late }))).to.equal(
      "MESSAGE_EXPIRED",
    );
    expect(codeOf(() => trusteeEnrolment(asked, { kind: "answer", message, now: late }))).to.equal(
      "MESSAGE_EXPIRED",
    );
    expect(
      codeOf(() => trusteeEnrolment({ step: "none" }, { kind: "received", message: offer, now: late })),
    ).to.equal("MESSAGE_EXPIRED");
  });

  it("takes answers to its own messages only", () => {
    const foreign = request(OFFERED, "another-offer");
    expect(codeOf(() => ownerEnrolment(offered, { kind: "received", message: foreign, now: NOW }))).to.equal(
      "ANSWER_UNEXPECTED",
    );
    expect(codeOf(() => trusteeEnrolment(asked, { kind: "answer", message: foreign, now: NOW }))).to.equal(
      "ANSWER_UNEXPECTED",
    );
    const requested: TrusteeEnrolment = { step: "requested", request: request(OFFERED) };
    expect(
      codeOf(() => trusteeEnrolment(requested, { kind: "received", message: grant("other"), now: NOW })),
    ).to.equal("ANSWER_UNEXPECTED");
  });

  it("gives a share to who keeps one, an address to who acts, and neither without need", () => {
    const requestId = "request";
    const agreed = (capabilities: Capability[]): OwnerEnrolment => ({
      step: "agreed",
      requestId,
      capabilities,
      authorizationKeys: [],
    });
    const give = (capabilities: Capability[], rest: object) =>
      codeOf(() =>
        ownerEnrolment(agreed(capabilities), {
          kind: "grant",
          message: newMessage("CAPABILITY_RESPONSE", { for_id: requestId, ...rest }, options),
        }),
      );
    expect(give(["RECOVERY_SHARE"], { share })).to.equal(undefined);
    expect(give(["ADMIN_AUTHZ"], { address: "I" })).to.equal(undefined);
    for (const [capabilities, rest] of [
      [["RECOVERY_SHARE"], {}],
      [["RECOVERY_SHARE"], { share, address: "I" }],
      [["ADMIN_AUTHZ"], { share, address: "I" }],
      [["ADMIN_AUTHZ", "RECOVERY_SHARE"], { share }],
    ] as [Capability[], object][]) {
      expect(give(capabilities, rest)).to.equal("CAPABILITY_INCOMPLETE");
    }
    const requested: TrusteeEnrolment = { step: "requested", request: request(OFFERED) };
    const message = newMessage(
      "CAPABILITY_RESPONSE",
      { for_id: requested.request.id, address: "I" },
      options,
    );
    expect(codeOf(() => trusteeEnrolment(requested, { kind: "received", message, now: NOW }))).to.equal(
      "CAPABILITY_INCOMPLETE",
    );
  });

  it("does not take late or misplaced responses", () => {
    const requested: TrusteeEnrolment = { step: "requested", request: request(OFFERED) };
    const message = grant(requested.request.id);
    const at = (now: number) => codeOf(() => trusteeEnrolment(requested, { kind: "received", message, now }));
    expect([at(NOW + 600), at(NOW + 601)]).to.deep.equal([undefined, "MESSAGE_EXPIRED"]);
    const agreed: OwnerEnrolment = {
      step: "agreed",
      requestId: "r",
      capabilities: OFFERED,
      authorizationKeys: [],
    };
    expect(codeOf(() => ownerEnrolment(agreed, { kind: "grant", message }))).to.equal("ANSWER_UNEXPECTED");
    expect(trusteeEnrolment(asked, { kind: "tick", now: NOW + 600 }).state).to.equal(asked);
    expect(trusteeEnrolment({ step: "none" }, { kind: "tick", now: NOW }).state).to.deep.equal({
      step: "none",
    });
  });

  it("refuses what does not come next", () => {
    const message = request(OFFERED);
    for (const state of [{ step: "new" }, { step: "declined" }, { step: "lapsed" }] as OwnerEnrolment[]) {
      expect(codeOf(() => ownerEnrolment(state, { kind: "received", message, now: NOW }))).to.equal(
        "STEP_UNEXPECTED",
      );
      expect(codeOf(() => ownerEnrolment(state, { kind: "grant", message: grant("x") }))).to.equal(
        "STEP_UNEXPECTED",
      );
    }
    const granted: OwnerEnrolment = { step: "granted", capabilities: OFFERED, authorizationKeys: [] };
    expect(codeOf(() => ownerEnrolment(granted, { kind: "offer", message: offer }))).to.equal(
      "STEP_UNEXPECTED",
    );
    for (const state of [
      { step: "none" },
      { step: "enrolled", capabilities: OFFERED },
    ] as TrusteeEnrolment[]) {
      expect(codeOf(() => trusteeEnrolment(state, { kind: "answer", message, now: NOW }))).to.equal(
        "STEP_UNEXPECTED",
      );
      expect(
        codeOf(() => trusteeEnrolment(state, { kind: "received", message: grant("x"), now: NOW })),
      ).to.equal("STEP_UNEXPECTED");
    }
    const enrolled: TrusteeEnrolment = { step: "enrolled", capabilities: OFFERED };
    expect(codeOf(() => trusteeEnrolment(enrolled, { kind: "received", message: offer, now: NOW }))).to.equal(
      "STEP_UNEXPECTED",
    );
  });
});

describe("recovery/trustPing", () => {
  const ping = newMessage(
    "TRUST_PING",
    { challenge: { question: "Are you on a call with Ada?", valid_responses: ["Yes", "No"] } },
    options,
  );
  const pong = (answerValue: string, for_id = ping.id) =>
    newMessage("TRUST_PONG", { for_id, answer: { answerValue } }, options);

  it("gives one of the answers asked for, in time, to this question", () => {
    expect(trustAnswer(ping, pong("No"), NOW)).to.equal("No");
    expect(codeOf(() => trustAnswer(ping, pong("Maybe"), NOW))).to.equal("ANSWER_UNEXPECTED");
    expect(codeOf(() => trustAnswer(ping, pong("Yes", "other"), NOW))).to.equal("ANSWER_UNEXPECTED");
    const { id } = ping;
    const late = { ...ping, expires: NOW + 30 };
    expect(codeOf(() => trustAnswer(late, pong("Yes", id), NOW + 30))).to.equal(undefined);
    expect(codeOf(() => trustAnswer(late, pong("Yes", id), NOW + 31))).to.equal("MESSAGE_EXPIRED");
    const stale = { ...pong("Yes", id), expires: NOW + 30 };
    expect(codeOf(() => trustAnswer(ping, stale, NOW + 31))).to.equal("MESSAGE_EXPIRED");
  });
});
