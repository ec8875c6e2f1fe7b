const HISTORY = /:(queries|favorites)$/;

/**
 * The browser's storage without request headers, which hold API keys: GraphiQL's history writes
 * them down even where headers are not to be persisted. An entry of the history read back gets the
 * page's own headers, else choosing it would empty the headers editor.
 */
export function storageWithoutHeaders(headers) {
  return {
    getItem(key) {
      const text = localStorage.getItem(key);
      return text && HISTORY.test(key) ? withHeaders(text, headers) : text;
    },
    setItem(key, text) {
      localStorage.setItem(key, text.startsWith("{") ? withHeaders(text, null) : text);
    },
    removeItem: (key) => localStorage.removeItem(key),
    clear: () => localStorage.clear(),
    get length() {
      return localStorage.length;
    },
  };
}

function withHeaders(text, headers) {
  try {
    return JSON.stringify(JSON.parse(text, (key, value) => (key === "headers" ? headers : value)));
  } catch {
    return text; // an operation begins with a brace too
  }
}
