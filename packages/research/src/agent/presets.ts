/**
 * The usual command-line agents in their modes without a terminal. Flags are those that `--help` of the named version
 * prints, besides the pages cited. Where an agent has a choice of tools it gets those that read and edit files: the
 * code it looks at is strangers', and nothing of it needs to run before the harness runs it in its sandbox.
 *
 * @packageDocumentation
 */
import type { AgentCommand } from "./command.ts"
import { splitWords } from "./words.ts"

const NOTHING: Omit<AgentCommand, "name" | "words"> = {
  costWords: [],
  sandboxWords: [],
  freeWords: [],
  keys: [],
  variables: [],
  settings: {},
  login: [],
  config: [],
}

/** Permissions by environment: https://opencode.ai/docs/permissions. */
const OPENCODE_SETTINGS = {
  permission: { edit: "allow", bash: "deny", webfetch: "deny", websearch: "deny", external_directory: "deny" },
  autoupdate: false,
  share: "disabled",
}

/** By the name that `--agent` takes. */
export const AGENT_PRESETS: Readonly<Record<string, AgentCommand>> = {
  /**
   * Claude Code 2.1: https://code.claude.com/docs/en/headless and /cli-reference. Prompt on stdin; events of
   * `stream-json` (which needs --verbose), the last with `result`, `total_cost_usd` and `usage`. `--safe-mode` leaves
   * out hooks, plugins, MCP servers and memory files. Works as root, unlike --dangerously-skip-permissions. Logins:
   * /iam#credential-management.
   */
  claude: {
    ...NOTHING,
    name: "claude",
    words: splitWords(
      "claude -p --output-format stream-json --verbose --permission-mode acceptEdits " +
        "--tools Read,Edit,Write,Glob,Grep --safe-mode --strict-mcp-config --no-session-persistence",
    ),
    costWords: ["--max-budget-usd", "{max_cost}"],
    keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
    variables: ["ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL"],
    settings: { DISABLE_AUTOUPDATER: "1" },
    login: [".claude/.credentials.json"],
    config: [".claude.json"],
  },

  /**
   * Codex CLI 0.171: https://developers.openai.com/codex/noninteractive. `-` reads the prompt from stdin; `--json`
   * prints events (codex-rs/exec/src/exec_events.rs), `turn.completed` with tokens, no cost. Its own sandbox cannot be
   * set up within another as root, so `files` stands in for it. Login: $CODEX_HOME/auth.json, ~/.codex by default.
   */
  codex: {
    ...NOTHING,
    name: "codex",
    words: splitWords("codex exec --json --ephemeral --ignore-user-config --ignore-rules -"),
    sandboxWords: ["--sandbox", "danger-full-access"],
    freeWords: ["--sandbox", "workspace-write"],
    keys: ["OPENAI_API_KEY", "CODEX_API_KEY"],
    variables: ["OPENAI_BASE_URL"],
    login: [".codex/auth.json"],
  },

  /**
   * opencode 1.18: https://opencode.ai/docs/cli#run. Reads its message from stdin where none is given; `--format json`
   * prints events, `step_finish` with `cost` and `tokens`. Login: ~/.local/share/opencode/auth.json (docs/cli#auth).
   */
  opencode: {
    ...NOTHING,
    name: "opencode",
    words: splitWords("opencode run --format json --pure"),
    keys: [
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "GROQ_API_KEY",
      "XAI_API_KEY",
      "GEMINI_API_KEY",
      "OPENROUTER_API_KEY",
    ],
    settings: { OPENCODE_CONFIG_CONTENT: JSON.stringify(OPENCODE_SETTINGS) },
    login: [".local/share/opencode/auth.json"],
    config: [".config/opencode/opencode.json"],
  },

  /**
   * Gemini CLI 0.61: https://geminicli.com/docs/cli/headless. stdin goes before the prompt of -p; `stream-json` prints
   * events (packages/core/src/output/types.ts), `result` with `stats`, no cost. `auto_edit` approves edits alone.
   */
  gemini: {
    ...NOTHING,
    name: "gemini",
    words: splitWords(
      "gemini -p 'Do what the prompt on standard input asks for.' --output-format stream-json " +
        "--approval-mode auto_edit --skip-trust --extensions none",
    ),
    keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    variables: [
      "GOOGLE_GENAI_USE_VERTEXAI",
      "GOOGLE_GENAI_USE_GCA",
      "GOOGLE_CLOUD_PROJECT",
      "GOOGLE_CLOUD_LOCATION",
      "GEMINI_MODEL",
    ],
    login: [".gemini/oauth_creds.json"],
    config: [".gemini/settings.json", ".gemini/google_accounts.json"],
  },

  /**
   * aider 0.86: https://aider.chat/docs/scripting.html and /docs/config/options.html. Edits the files that it is given,
   * and prints `Tokens: … Cost: $… message, $… session.` after each request.
   */
  aider: {
    ...NOTHING,
    name: "aider",
    words: splitWords(
      "aider --message-file {prompt_file} --yes-always --no-auto-commits --no-dirty-commits --no-gitignore " +
        "--no-check-update --no-show-release-notes --no-pretty --no-stream --no-suggest-shell-commands " +
        "--no-detect-urls --no-auto-lint {editable}",
    ),
    keys: [
      "ANTHROPIC_API_KEY",
      "OPENAI_API_KEY",
      "GROQ_API_KEY",
      "XAI_API_KEY",
      "GEMINI_API_KEY",
      "DEEPSEEK_API_KEY",
      "OPENROUTER_API_KEY",
    ],
    variables: ["OPENAI_API_BASE", "OLLAMA_API_BASE", "AIDER_MODEL"],
    config: [".aider.conf.yml"],
  },
}
