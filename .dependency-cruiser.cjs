/** The import directions of ARCHITECTURE.md. A folder may import only what stands in its row. */
const TEST = "\\.test\\.ts$";
const only = (from, allowed, comment) => ({
  name: `${from}-imports`,
  severity: "error",
  comment,
  from: { path: `^${from}/`, pathNot: TEST },
  to: {
    path: "^(domain|db|calcom|activities|workflows|api|dev|test|worker\\.ts)",
    pathNot: `^(${[from, ...allowed].join("|")})/`,
  },
});

module.exports = {
  forbidden: [
    only("domain", [], "domain is pure: it imports nothing of ours"),
    only("db", ["domain"], "db knows domain only"),
    only("calcom", ["domain"], "calcom knows domain only"),
    only("activities", ["domain", "db", "calcom"], "activities know domain, db and calcom"),
    {
      name: "workflows-imports",
      severity: "error",
      comment: "workflows know domain, and activities by type only",
      from: { path: "^workflows/", pathNot: TEST },
      to: { path: "^(db|calcom|api|dev|test|worker\\.ts)" },
    },
    {
      name: "workflows-import-activities-by-type",
      severity: "error",
      comment: "a value import would pull I/O into the workflow sandbox",
      from: { path: "^workflows/", pathNot: TEST },
      to: { path: "^activities/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "api-imports",
      severity: "error",
      comment: "api knows domain, db, calcom, the workflows' messages and the read-only activities",
      from: { path: "^api/", pathNot: TEST },
      to: {
        path: "^(activities|workflows|dev|test|worker\\.ts)",
        pathNot: "^(activities/availability/|workflows/[a-z-]+/(messages|ids|input|search-attributes)\\.ts$)",
      },
    },
    {
      name: "production-imports-no-dev",
      severity: "error",
      from: { path: "^(domain|db|calcom|activities|workflows|api|worker\\.ts)", pathNot: TEST },
      to: { path: "^(dev|test)/" },
    },
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "domain-does-no-io",
      severity: "error",
      from: { path: "^domain/", pathNot: TEST },
      to: { dependencyTypes: ["core"] },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.data|migrations|histories)/" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node"],
    },
  },
};
