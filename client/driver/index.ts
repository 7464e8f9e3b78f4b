export { DriverError, driverConfig } from "./config.ts";
export type { DriverConfig } from "./driver.ts";
export { driver } from "./driver.ts";
export type { RunningServer, ServerOptions } from "./server.ts";
export { startServer } from "./server.ts";
