/**
 * Language models as proposers, over the AI SDK. A subpath of its own: nothing of it is loaded where no model is set.
 *
 * @packageDocumentation
 */
export { createLlmProposer, type LlmProposerInit } from "./llm.ts"
export { type ModelTest, testModel } from "./test-model.ts"
