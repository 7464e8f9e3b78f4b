import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { logSink, type WatchReport, webhookSink } from "../../../../client/app/index.ts";
import { hex32, isDkmsError } from "../../../../client/core/index.ts";
import { NOW, PHONE, POLICY } from "../../policy/fixtures.ts";
import { codeOf } from "../../support.ts";

const change = hex32(`0x${"c4".repeat(32)}`);
const report: WatchReport = {
  ...{ code: "CHANGE_SCHEDULED", text: "A change waits.", policy: POLICY, time: NOW },
  ...{ change, agent: PHONE.id, deadline: NOW + 3600n },
};

type Taken = {
  readonly method: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
};

/** A receiver that answers as it is told, and remembers what it got. */
async function startReceiver(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<{
  readonly url: string;
  readonly taken: readonly Taken[];
  answer: typeof answer;
  readonly close: () => Promise<void>;
}> {
  const taken: Taken[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      taken.push({ method: request.method, type: request.headers["content-type"], body });
      receiver.answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver = {
    ...{
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?secret=s3cret`,
      taken,
      answer,
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

describe("app/watch/sinks", () => {
  describe("logSink", () => {
    it("writes a line with time, code and text", () => {
      const lines: string[] = [];
      logSink((line) => lines.push(line))(report);
      expect(lines).to.deep.equal(["2026-01-01T00:00:00.000Z CHANGE_SCHEDULED A change waits."]);
    });
  });

  describe("webhookSink", () => {
    let receiver: Awaited<ReturnType<typeof startReceiver>>;
    let other: Awaited<ReturnType<typeof startReceiver>>;

    beforeEach(async () => {
      receiver = await startReceiver((response) => response.writeHead(204).end());
      other = await startReceiver((response) => response.writeHead(204).end());
    });
    afterEach(async () => {
      await receiver.close();
      await other.close();
    });

    const failure = async (timeout = 5_000): Promise<unknown> => {
      try {
        await webhookSink({ url: receiver.url, timeout })(report);
      } catch (error) {
        if (!isDkmsError(error, "WEBHOOK_FAILED")) return String(error);
        expect(`${error.message}${JSON.stringify(error.details)}`).not.to.contain("s3cret");
        expect(error.details).to.include({ code: "CHANGE_SCHEDULED" });
        return error.details.status;
      }
      return undefined;
    };

    it("posts the report as JSON, integers as decimal texts", async () => {
      await webhookSink({ url: receiver.url })(report);
      const [post] = receiver.taken;
      expect(post).to.include({ method: "POST", type: "application/json" });
      expect(JSON.parse(post?.body ?? "")).to.deep.equal({
        ...{ code: "CHANGE_SCHEDULED", text: "A change waits.", policy: `${POLICY}`, time: `${NOW}` },
        ...{ change, agent: PHONE.id, deadline: `${NOW + 3600n}` },
      });
    });

    it("fails with the receiver's status, and then sends the same again", async () => {
      receiver.answer = (response) => response.writeHead(500).end("no");
      expect(await failure()).to.equal(500);
      receiver.answer = (response) => response.writeHead(200).end();
      expect(await failure()).to.equal(undefined);
      expect(receiver.taken[1]).to.deep.equal(receiver.taken[0]);
    });

    it("follows no redirect: a report goes where it was told to", async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        receiver.answer = (response) => response.writeHead(status, { location: other.url }).end();
        expect(await failure(), `${status}`).to.be.a("string");
      }
      expect(other.taken).to.deep.equal([]);
    });

    it("waits no longer than it is told", async () => {
      receiver.answer = () => undefined;
      expect(await failure(50)).to.equal("TimeoutError");
    });

    it("fails if nobody listens", async () => {
      await receiver.close();
      expect(await failure()).to.equal("TypeError");
    });

    it("takes https, and http on this machine", () => {
      for (const url of [
        "https://example.org/hook",
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://[::1]:80/",
      ]) {
        expect(
          codeOf(() => webhookSink({ url })),
          url,
        ).to.equal(undefined);
      }
    });

    it("refuses everything else", () => {
      for (const url of [
        ...["http://example.org/hook", "http://127.0.0.1.example.org/", "http://localhost.example.org/"],
        ...["http://192.168.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "data:text/plain,x"],
        ...["", "example.org", "//example.org", "https://", "https://name:word@example.org/"],
        "http://127.0.0.1@example.org/",
      ]) {
        expect(
          codeOf(() => webhookSink({ url })),
          url,
        ).to.equal("WEBHOOK_URL_REFUSED");
      }
    });

    it("does not tell the URL that it refuses: it may be a secret", () => {
      try {
        webhookSink({ url: "http://example.org/s3cret" });
        expect.fail("must be refused");
      } catch (error) {
        expect(String(error) + JSON.stringify(error)).not.to.contain("s3cret");
      }
    });
  });
});
