/** A program or library that code asked for and this machine lacks. */
export interface MissingDependency {
  name: string
  /** The line that installs it, to be shown to people; never run. */
  install: string
}

/** Where what is imported has another name than what is installed. */
const PYTHON: ReadonlyMap<string, string> = new Map(
  Object.entries({
    attr: "attrs",
    Bio: "biopython",
    bs4: "beautifulsoup4",
    Crypto: "pycryptodome",
    cv2: "opencv-python",
    dateutil: "python-dateutil",
    dotenv: "python-dotenv",
    faiss: "faiss-cpu",
    fitz: "pymupdf",
    git: "gitpython",
    google: "protobuf",
    igraph: "python-igraph",
    OpenSSL: "pyopenssl",
    PIL: "pillow",
    serial: "pyserial",
    skimage: "scikit-image",
    sklearn: "scikit-learn",
    yaml: "pyyaml",
    zmq: "pyzmq",
  }),
)

/** Debian's packages of well-known programs; others are taken to be named as their package. */
const PROGRAMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    cc: "gcc",
    cmake: "cmake",
    column: "bsdextrautils",
    convert: "imagemagick",
    ffmpeg: "ffmpeg",
    ffprobe: "ffmpeg",
    "g++": "g++",
    gcc: "gcc",
    git: "git",
    go: "golang-go",
    hexdump: "bsdextrautils",
    java: "default-jre-headless",
    javac: "default-jdk-headless",
    lua: "lua5.4",
    make: "make",
    node: "nodejs",
    npx: "npm",
    nvcc: "nvidia-cuda-toolkit",
    pip: "python3-pip",
    pip3: "python3-pip",
    pytest: "python3-pytest",
    python: "python-is-python3",
    R: "r-base",
    Rscript: "r-base",
  }),
)

const NOT_IN_DEBIAN: ReadonlyMap<string, string> = new Map([
  ["uv", "pipx install uv"],
  ["pnpm", "npm install --global pnpm"],
  ["yarn", "npm install --global yarn"],
])

/** Debian's packages of shared libraries. */
const LIBRARIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "libcublas.so": "nvidia-cuda-toolkit",
    "libcuda.so": "nvidia-driver",
    "libcudart.so": "nvidia-cuda-toolkit",
    "libfftw3.so": "libfftw3-double3",
    "libgfortran.so": "libgfortran5",
    "libgl.so": "libgl1",
    "libglib-2.0.so": "libglib2.0-0",
    "libgomp.so": "libgomp1",
    "libopenblas.so": "libopenblas0",
    "libsm.so": "libsm6",
    "libsndfile.so": "libsndfile1",
    "libxext.so": "libxext6",
    "libxrender.so": "libxrender1",
  }),
)

type Dependency = (name: string) => MissingDependency

const FORMS: readonly (readonly [form: RegExp, dependency: Dependency])[] = [
  [/No module named '([A-Za-z_][\w.]{0,99})'/, pythonModule],
  [/No module named "([A-Za-z_][\w.]{0,99})"/, pythonModule],
  // python3 -m pytest
  [/No module named ([A-Za-z_][\w.]{0,99})$/m, pythonModule],
  [/Cannot find (?:package|module) '((?:@[\w.-]{1,60}\/)?[\w-][\w.-]{0,60})(?:\/[^'\s]{0,200})?'/, nodePackage],
  [/error while loading shared libraries: (lib[\w.+-]{1,60}\.so[.\d]{0,20})/, library],
  [/(lib[\w.+-]{1,60}\.so[.\d]{0,20}): cannot open shared object file/, library],
  [/: (?:line )?\d{1,6}: (?:exec: )?([\w.+-]{1,60}): (?:command )?not found$/m, program],
  [/^(?:[a-z]{1,8}: )?([\w.+-]{1,60}): command not found$/m, program],
  [/env: ['‘]([\w.+-]{1,60})['’]: No such file or directory/, program],
  [/spawn(?:Sync)? ([\w.+-]{1,60}) ENOENT/, program],
  [/No such file or directory: '([\w+-]{1,60})'/, knownProgram],
]

/**
 * What a failed program's output says is missing; null where it names nothing. Whoever wrote the program chose the
 * name.
 */
export function missingDependency(output: string): MissingDependency | null {
  for (const [form, dependency] of FORMS) {
    const name = form.exec(output)?.[1]
    if (name !== undefined && (dependency !== knownProgram || PROGRAMS.has(name))) return dependency(name)
  }
  return null
}

function pythonModule(module: string): MissingDependency {
  const [name = module] = module.split(".")
  return { name, install: `pip install ${PYTHON.get(name) ?? name}` }
}

function nodePackage(name: string): MissingDependency {
  return { name, install: `npm install ${name}` }
}

function program(name: string): MissingDependency {
  return { name, install: NOT_IN_DEBIAN.get(name) ?? `apt install ${PROGRAMS.get(name) ?? name}` }
}

/** Python names a program that it cannot start as any other file. */
function knownProgram(name: string): MissingDependency {
  return program(name)
}

function library(file: string): MissingDependency {
  const [stem = file] = file.split(/(?<=\.so)/)
  const known = LIBRARIES.get(stem.toLowerCase())
  return { name: file, install: known === undefined ? `apt-file search ${file}` : `apt install ${known}` }
}
