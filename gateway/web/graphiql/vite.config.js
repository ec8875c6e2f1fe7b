import { defineConfig } from "vite";

export default defineConfig({
  base: "/static/graphiql/",
  logLevel: "warn",
  build: {
    assetsDir: "",
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: { keepNames: true }, // icons are titled after their functions
      // "use client" and the like mean nothing in a page without a rendering server.
      onLog: (level, log, report) => log.code === "MODULE_LEVEL_DIRECTIVE" || report(level, log),
    },
  },
  worker: { format: "es" },
});
