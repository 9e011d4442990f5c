import { describe, expect, it } from "vitest"
import { cpuModelOf, cpuModelOfCpuinfo } from "../src/hardware/cpu-model.ts"

describe("the processor by its brand", () => {
  it.each([
    ["Intel(R) Xeon(R) Platinum 8488C", "intel_xeon_platinum_8488c"],
    ["Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", "intel_xeon_platinum_8259cl"],
    ["INTEL(R) XEON(R) PLATINUM 8581C CPU @ 2.60GHz", "intel_xeon_platinum_8581c"],
    ["Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", "intel_xeon_e5-2686_v4"],
    ["Intel(R) Xeon(R) 6985P-C", "intel_xeon_6985p-c"],
    ["Intel(R) Xeon(R) w9-3495X", "intel_xeon_w9-3495x"],
    ["Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", "intel_core_i7-9750h"],
    ["11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz", "intel_core_i7-1185g7"],
    ["13th Gen Intel(R) Core(TM) i9-13900K", "intel_core_i9-13900k"],
    ["Intel(R) Core(TM) Ultra 7 155H", "intel_core_ultra_7_155h"],
    ["Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", "intel_core_2_duo_e8400"],
    ["Intel(R) Core(TM) M-5Y70 CPU @ 1.10GHz", "intel_core_m-5y70"],
    ["Intel(R) Atom(TM) CPU  C2750  @ 2.40GHz", "intel_atom_c2750"],
    ["Intel(R) Celeron(R) J4125 CPU @ 2.00GHz", "intel_celeron_j4125"],
    ["Intel(R) N100", "intel_n100"],
    ["Genuine Intel(R) CPU           T2400  @ 1.83GHz", "intel_t2400"],
    ["AMD EPYC 7B13", "amd_epyc_7b13"],
    ["AMD EPYC 7R32", "amd_epyc_7r32"],
    ["AMD EPYC 7763 64-Core Processor", "amd_epyc_7763"],
    ["AMD EPYC 9V74 80-Core Processor", "amd_epyc_9v74"],
    ["AMD Ryzen 9 7950X 16-Core Processor", "amd_ryzen_9_7950x"],
    ["AMD Ryzen 7 5800H with Radeon Graphics", "amd_ryzen_7_5800h"],
    ["AMD Ryzen 5 PRO 4650U with Radeon Graphics", "amd_ryzen_5_pro_4650u"],
    ["AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "amd_ryzen_ai_9_hx_370"],
    ["AMD Ryzen Threadripper PRO 5995WX 64-Cores", "amd_ryzen_threadripper_pro_5995wx"],
    ["AMD A10-7850K Radeon R7, 12 Compute Cores 4C+8G", "amd_a10-7850k"],
    ["AMD FX(tm)-8350 Eight-Core Processor", "amd_fx-8350"],
    ["Dual-Core AMD Opteron(tm) Processor 2218", "amd_opteron_2218"],
    ["AMD Opteron(tm) Processor 6276", "amd_opteron_6276"],
    ["Hygon C86 7185 32-core Processor", "hygon_c86_7185"],
    ["ZHAOXIN KaiXian KX-6640MA@2.2+GHz", "zhaoxin_kaixian_kx-6640ma"],
    ["Apple M3 Max", "apple_m3_max"],
    ["Apple M1", "apple_m1"],
  ])("%s is %s", (brand, expected) => {
    expect(cpuModelOf(brand)).toBe(expected)
  })

  it.each([
    "",
    "AMD EPYC",
    "AMD EPYC Processor",
    "AMD EPYC-Rome Processor",
    "AMD EPYC-Rome-v4 Processor",
    "AMD EPYC Processor (with IBPB)",
    "Intel(R) Xeon(R) CPU @ 2.20GHz",
    "Intel(R) Xeon(R) Processor @ 2.90GHz",
    "Intel Xeon Processor (Skylake, IBRS)",
    "Intel Xeon Processor (SapphireRapids)",
    "Intel Core Processor (Haswell, no TSX)",
    "Intel Xeon E312xx (Sandy Bridge)",
    "Westmere E56xx/L56xx/X56xx (Nehalem-C)",
    "AMD Opteron 63xx class CPU",
    "QEMU Virtual CPU version 2.5+",
    "QEMU TCG CPU version 2.5+",
    "Common KVM processor",
    "Common 32-bit KVM processor",
    "VirtualApple @ 2.50GHz",
    "DO-Regular",
    "DO-Premium-AMD",
    "Genuine Intel(R) CPU 0000 @ 2.50GHz",
    "unknown",
  ])("%s hides it", (brand) => {
    expect(cpuModelOf(brand)).toBe("unknown")
  })
})

/** The lines of one processor that matter, as ARM's kernels write them. */
function arm(implementer: string, part: string): string {
  return [
    "processor\t: 0",
    "BogoMIPS\t: 243.75",
    "Features\t: fp asimd evtstrm crc32 cpuid",
    `CPU implementer\t: ${implementer}`,
    "CPU architecture: 8",
    "CPU variant\t: 0x3",
    `CPU part\t: ${part}`,
    "CPU revision\t: 1",
    "",
  ].join("\n")
}

describe("the processor by /proc/cpuinfo", () => {
  it("is what x86 processors call themselves", () => {
    const text =
      "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7B13\nstepping\t: 0\n"
    expect(cpuModelOfCpuinfo(text)).toBe("amd_epyc_7b13")
    expect(cpuModelOfCpuinfo(text.replace(" 7B13", ""))).toBe("unknown")
  })

  it.each([
    ["AWS Graviton (a1)", "0x41", "0xd08", "arm_cortex-a72"],
    ["AWS Graviton2", "0x41", "0xd0c", "arm_neoverse-n1"],
    ["AWS Graviton3", "0x41", "0xd40", "arm_neoverse-v1"],
    ["AWS Graviton4, NVIDIA Grace, Google Axion", "0x41", "0xd4f", "arm_neoverse-v2"],
    ["Ampere Altra", "0x41", "0xd0c", "arm_neoverse-n1"],
    ["AmpereOne", "0xc0", "0xac3", "ampere_ampere1"],
    ["Azure Cobalt 100", "0x6d", "0xd49", "microsoft_cobalt_100"],
    ["Fujitsu A64FX", "0x46", "0x001", "fujitsu_a64fx"],
    ["Cavium ThunderX2", "0x43", "0x0af", "cavium_thunderx2"],
    ["Huawei Kunpeng 920", "0x48", "0xd01", "hisilicon_tsv110"],
    ["Apple M1 under Linux", "0x61", "0x023", "apple_m1"],
    ["a virtual machine on an Apple", "0x61", "0x000", "unknown"],
    ["a core that came later", "0x41", "0xfff", "unknown"],
  ])("%s is told by implementer and part", (_, implementer, part, expected) => {
    const text = arm(implementer, part)
    expect(cpuModelOfCpuinfo(`${text}\n${text}`)).toBe(expected)
  })

  it("names both kinds of cores, in whatever order the kernel brings them", () => {
    const [little, big] = [arm("0x41", "0xd05"), arm("0x41", "0xd0b")]
    expect(cpuModelOfCpuinfo([little, little, big].join("\n"))).toBe("arm_cortex-a55+cortex-a76")
    expect(cpuModelOfCpuinfo([big, little].join("\n"))).toBe("arm_cortex-a55+cortex-a76")
    expect(cpuModelOfCpuinfo([little, arm("0x41", "0xfff")].join("\n"))).toBe("unknown")
    expect(cpuModelOfCpuinfo([arm("0x61", "0x022"), arm("0x61", "0x023")].join("\n"))).toBe("apple_m1")
  })

  it.each([
    ["Raspberry Pi 5 Model B Rev 1.0", "0xd0b", "raspberry_pi_5_model_b"],
    ["Raspberry Pi 4 Model B Rev 1.4", "0xd08", "raspberry_pi_4_model_b"],
    ["Raspberry Pi 3 Model B Plus Rev 1.3", "0xd03", "raspberry_pi_3_model_b_plus"],
    ["Raspberry Pi Zero 2 W Rev 1.0", "0xd03", "raspberry_pi_zero_2_w"],
  ])("%s is told by its board", (board, part, expected) => {
    const end = `Revision\t: c04170\nSerial\t\t: 0000000000000000\nModel\t\t: ${board}\n`
    expect(cpuModelOfCpuinfo(`${arm("0x41", part)}\n${end}`)).toBe(expected)
  })

  it("takes no kernel's word for a name", () => {
    expect(cpuModelOfCpuinfo(`model name\t: ARMv8 Processor rev 3 (v8l)\n${arm("0x41", "0xd08")}`)).toBe(
      "arm_cortex-a72",
    )
    expect(cpuModelOfCpuinfo("")).toBe("unknown")
  })
})
