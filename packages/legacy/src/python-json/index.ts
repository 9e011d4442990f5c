export { floatRepr } from "./float.ts"
export { MAX_JSON_DEPTH, parsePythonJson } from "./parse.ts"
export { compareCodePoints, type MemberOrder, printPythonJson } from "./print.ts"
export { type PyJson, pyObject, type PyObject } from "./value.ts"
