import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createRoot } from "react-dom/client";

import { storageWithoutHeaders } from "./storage.js";

/** What the server wrote into the page: `endpoint`, `query` of the first tab, `headers` as JSON text. */
const config = JSON.parse(document.getElementById("gateway-config").textContent);

const endpoint = new URL(config.endpoint, location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

const send = createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: socket.href });

/** The schema is asked for before the headers editor is there: with the page's own headers. */
const fetcher = (asked, options) =>
  asked.operationName === "IntrospectionQuery"
    ? send(asked, { ...options, headers: { ...JSON.parse(config.headers), ...options?.headers } })
    : send(asked, options);
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

createRoot(document.getElementById("explorer")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    storage={storageWithoutHeaders(config.headers)}
    defaultQuery={config.query}
    defaultHeaders={config.headers}
    defaultEditorToolsVisibility="headers"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>Gateway explorer</GraphiQL.Logo>
  </GraphiQL>,
);
