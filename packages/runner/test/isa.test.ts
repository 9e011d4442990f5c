import { describe, expect, it } from "vitest"
import { featuresOfCpuinfo, featuresOfSysctl, isaOf } from "../src/hardware/isa.ts"

const set = (text: string): Set<string> => new Set(text.split(" "))

const NEHALEM =
  "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx rdtscp lm constant_tsc pni pclmulqdq ssse3 cx16 sse4_1 sse4_2 x2apic popcnt aes hypervisor lahf_lm"
const MILAN =
  "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm cmp_legacy abm sse4a misalignsse bmi1 avx2 smep bmi2 erms sha_ni"
const SKYLAKE_SERVER = `${MILAN} avx512f avx512dq avx512cd avx512bw avx512vl`
const SAPPHIRE_RAPIDS = `${SKYLAKE_SERVER} avx512_bf16 avx512_vnni amx_bf16 avx512_fp16 amx_tile amx_int8`

const CORTEX_A72 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
const NEOVERSE_N1 =
  "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs"
const A64FX = "fp asimd evtstrm sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm fcma dcpop sve"
const NEOVERSE_V1 =
  "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs paca pacg dcpodp svei8mm svebf16 i8mm bf16 dgh rng"
const NEOVERSE_V2 =
  "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm sb dcpodp sve2 sveaes svepmull svebitperm svesha3 flagm2 frint svei8mm svebf16 i8mm bf16 dgh rng bti"

describe("the instruction set", () => {
  it.each([
    ["a first Athlon 64", "x64", "fpu tsc cx8 cmov mmx fxsr sse sse2 syscall nx lm", "x86-64"],
    ["Nehalem", "x64", NEHALEM, "x86-64-v2"],
    ["Milan", "x64", MILAN, "x86-64-v3"],
    ["AVX2 without BMI, as a virtual machine may have it", "x64", MILAN.replace(" bmi2", ""), "x86-64-v2"],
    ["Skylake-SP", "x64", SKYLAKE_SERVER, "x86-64-v4"],
    ["Sapphire Rapids", "x64", SAPPHIRE_RAPIDS, "x86-64-v4+amx"],
    ["Cortex-A72", "arm64", CORTEX_A72, "armv8-a"],
    ["Neoverse N1", "arm64", NEOVERSE_N1, "armv8.2-a"],
    ["A64FX", "arm64", A64FX, "armv8.2-a+sve"],
    ["Neoverse V1", "arm64", NEOVERSE_V1, "armv8.4-a+sve"],
    ["Neoverse V2", "arm64", NEOVERSE_V2, "armv8.6-a+sve2"],
    ["a 32-bit one", "arm", "half thumb fastmult vfp edsp neon", null],
  ])("of %s", (_, arch, flags, expected) => {
    expect(isaOf(arch, set(flags))).toBe(expected)
  })

  it("is what all processors of a machine have", () => {
    const text = `processor\t: 0\nflags\t\t: ${SKYLAKE_SERVER}\nbugs\t\t: x\n\nprocessor\t: 1\nflags\t\t: ${MILAN}\n`
    expect(isaOf("x64", featuresOfCpuinfo(text))).toBe("x86-64-v3")
    expect(isaOf("arm64", featuresOfCpuinfo(`processor\t: 0\nFeatures\t: ${NEOVERSE_N1}\n`))).toBe("armv8.2-a")
    expect(isaOf("x64", featuresOfCpuinfo(""))).toBeNull()
  })

  it("is read from macOS too", () => {
    const intel = [
      "machdep.cpu.brand_string: Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz",
      "machdep.cpu.features: FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH DS ACPI MMX FXSR SSE SSE2 SS HTT TM PBE SSE3 PCLMULQDQ DTES64 MON DSCPL VMX SMX EST TM2 SSSE3 FMA CX16 TPR PDCM SSE4.1 SSE4.2 x2APIC MOVBE POPCNT AES PCID XSAVE OSXSAVE SEGLIM64 TSCTMR AVX1.0 RDRAND F16C",
      "machdep.cpu.leaf7_features: RDWRFSGS TSC_THREAD_OFFSET SGX BMI1 AVX2 SMEP BMI2 ERMS INVPCID FPU_CSDS MPX RDSEED ADX SMAP CLFSOPT IPT",
      "machdep.cpu.extfeatures: SYSCALL XD 1GBPAGE EM64T LAHF LZCNT PREFETCHW RDTSCP TSCI",
    ].join("\n")
    expect(isaOf("x64", featuresOfSysctl(intel))).toBe("x86-64-v3")
    const names = "LSE RDM DPB JSCVT FCMA LRCPC DotProd DIT LSE2 LRCPC2 FlagM SB FRINTTS FlagM2 DPB2 BF16 I8MM".split(
      " ",
    )
    const m3 = names.map((name) => `hw.optional.arm.FEAT_${name}: 1`)
    const apple = ["hw.optional.floatingpoint: 1", ...m3, "hw.optional.arm.FEAT_SME: 0"].join("\n")
    expect(isaOf("arm64", featuresOfSysctl(apple))).toBe("armv8.6-a")
    expect(isaOf("arm64", featuresOfSysctl(apple.replace("BF16: 1", "BF16: 0")))).toBe("armv8.5-a")
  })
})
