import type { HardhatPlugin } from "hardhat/types/plugins";

/** Sources of npm packages (their names in the compiler's input); their warnings are their own. */
const DEPENDENCY = /--> npm\//;

/** Code over EIP-170's limit or EIP-3860's, in a Solidity test: it is never deployed to a chain. */
const OVERSIZED: readonly string[] = ["5574", "3860"];
const TEST = /--> project\/test\//;

/** Fails the build on any compiler warning in this project's own sources, and drops those of dependencies. */
const warningsAsErrors: HardhatPlugin = {
  id: "warnings-as-errors",
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        // The only hook that decides whether a build succeeded; `getCompilationJobErrors` merely prints.
        invokeSolc: async (context, compiler, input, config, next) => {
          const output = await next(context, compiler, input, config);
          const errors = (output.errors ?? [])
            .filter((e) => e.severity === "error" || !DEPENDENCY.test(e.formattedMessage ?? ""))
            .filter((e) => !OVERSIZED.includes(e.errorCode ?? "") || !TEST.test(e.formattedMessage ?? ""))
            .map((e) =>
              e.severity === "warning" ? { ...e, type: "WarningAsError", severity: "error" as const } : e,
            );
          return { ...output, errors };
        },
      }),
    }),
  },
};

export default warningsAsErrors;
