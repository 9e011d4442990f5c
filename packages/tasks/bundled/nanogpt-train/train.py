"""A small GPT over bytes: rotary positions, RMSNorm, AdamW, a cosine schedule.

This is the file to improve. It is given a text and some wall time to learn from it; then it predicts text that it has
never seen, byte by byte. prepare.py describes the frame. After `@tune` stands what a constant may be: a range (`log`:
searched by ratio; `step n`: in steps of n from its lower end) or the words to choose from.
"""

import prepare

task = prepare.start()  # before torch is loaded: loading it is part of the budget

import math

import torch
import torch.nn.functional as F
from torch import nn

DEPTH = 2  # @tune 1..8 step 1
WIDTH = 96  # @tune 32..512 step 32
HEAD = 32  # @tune 16 | 32
EXPANSION = 4  # @tune 1..6 step 1
CONTEXT = 64  # @tune 16..512 step 16
BATCH = 16  # @tune 4..128 step 4
LEARNING_RATE = 0.001  # @tune 0.0003..0.03 log
FINAL_RATE = 0.1  # @tune 0..0.5
WARMUP = 0.05  # @tune 0..0.3
BETA1 = 0.9  # @tune 0.8..0.95
BETA2 = 0.95  # @tune 0.9..0.999
WEIGHT_DECAY = 0.1  # @tune 0..1
CLIP = 1.0  # @tune 0.1..10 log
DROPOUT = 0.0  # @tune 0..0.4
EPOCHS = 20  # @tune 1..200 log
ACTIVATION = "gelu"  # @tune gelu | relu2 | silu
ROPE_BASE = 10000  # @tune 100..100000 log
THREADS = 1  # @tune 1..16 step 1

# What the sizes above are multiplied by, on each kind of device.
SCALES = {
    "cpu": {"depth": 1, "width": 1, "context": 1, "batch": 1},
    "mps": {"depth": 2, "width": 3, "context": 4, "batch": 2},
    "cuda": {"depth": 3, "width": 4, "context": 4, "batch": 4},
}
#: Share of the budget kept for turning from training to prediction.
RESERVE = 0.01
RESERVE_SECONDS = 0.5

ACTIVATIONS = {"gelu": F.gelu, "silu": F.silu, "relu2": lambda x: F.relu(x).square()}


def main():
    device, scale = choose_device()
    torch.manual_seed(task.seed)
    model = Model(
        depth=DEPTH * scale["depth"],
        width=WIDTH * scale["width"],
        context=CONTEXT * scale["context"],
    ).to(device)
    steps = train(model, BATCH * scale["batch"], device)
    model.eval()
    report = {
        "peak_vram_mb": torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else 0.0,
        "num_steps": steps,
        "num_params_M": sum(parameter.numel() for parameter in model.parameters()) / 1e6,
        "total_tokens_M": steps * BATCH * scale["batch"] * model.context / 1e6,
        "depth": DEPTH * scale["depth"],
    }
    prepare.answer(task, Reader(model, task.streams, device), report)


def choose_device():
    if torch.cuda.is_available():
        torch.backends.cuda.matmul.allow_tf32 = True
        return "cuda", SCALES["cuda"]
    if torch.backends.mps.is_available():
        return "mps", SCALES["mps"]
    torch.set_num_threads(THREADS)
    return "cpu", SCALES["cpu"]


def autocast(device):
    """bfloat16 where the device has it at speed; float32 elsewhere."""
    enabled = device == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast("cuda" if device == "cuda" else "cpu", torch.bfloat16, enabled=enabled)


# --- Training ---------------------------------------------------------------------------------------------------------


def train(model, batch, device):
    """Learns until the budget is used up, or the text was gone through EPOCHS times; gives the number of steps."""
    text = torch.frombuffer(bytearray(task.text), dtype=torch.uint8).to(device)
    optimizer = create_optimizer(model)
    compiles = task.compile and device == "cuda" and hasattr(torch, "compile")
    forward = torch.compile(model) if compiles else model
    reserve = max(RESERVE_SECONDS, RESERVE * task.seconds)
    start = task.seconds_left() - reserve
    epoch_steps = len(text) / (batch * model.context)
    step, smooth, slowest = 0, None, 0.0
    while True:
        left = task.seconds_left() - reserve
        done = max(1 - left / start, step / (EPOCHS * epoch_steps))
        if left <= slowest or done >= 1:
            return step
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rate_at(done)
        inputs, targets = draw(text, batch, model.context, device)
        with autocast(device):
            loss = F.cross_entropy(forward(inputs).flatten(0, 1).float(), targets.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        step += 1
        value = loss.item()  # also waits for the device, so that the clock tells the truth
        if not math.isfinite(value):
            raise SystemExit(f"training diverged: the loss of step {step} is {value}")
        smooth = value if smooth is None else 0.95 * smooth + 0.05 * value
        task.show(step, smooth, done)
        if step > 1:  # the first step compiles
            slowest = max(0.9 * slowest, left - (task.seconds_left() - reserve))


def draw(text, batch, context, device):
    """Random windows of the text, and for each of their bytes the one that follows."""
    starts = torch.randint(len(text) - context - 1, (batch, 1), device=device)
    windows = text[starts + torch.arange(context + 1, device=device)].long()
    return windows[:, :-1], windows[:, 1:]


def rate_at(done):
    """Linear warm-up, then half a cosine down to FINAL_RATE. `done`: share of the training that is over."""
    if done < WARMUP:
        return max(done / WARMUP, 0.01)
    phase = (done - WARMUP) / (1 - WARMUP)
    return FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * phase)) / 2


def create_optimizer(model):
    """AdamW; only matrices decay."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(BETA1, BETA2), eps=1e-8)


# --- The model --------------------------------------------------------------------------------------------------------


class Model(nn.Module):
    def __init__(self, depth, width, context):
        super().__init__()
        self.context = context
        self.embedding = nn.Embedding(prepare.SYMBOLS, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = RMSNorm(width)
        self.output = nn.Linear(width, prepare.SYMBOLS, bias=False)
        cos, sin = rotary_table(context, HEAD)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                deviation = 0.02 if name == "embedding.weight" else parameter.shape[1] ** -0.5
                if name.endswith(("attention.output.weight", "narrow.weight")):
                    deviation /= math.sqrt(2 * depth)
                nn.init.normal_(parameter, std=deviation)
        nn.init.zeros_(self.output.weight)

    def forward(self, symbols, caches=None):
        """Scores of what follows each symbol. `caches`: one per block, where the symbols continue what was read."""
        start = 0 if caches is None else caches[0].length
        rotation = self.cos[start : start + symbols.shape[1]], self.sin[start : start + symbols.shape[1]]
        x = F.dropout(self.embedding(symbols), DROPOUT, self.training)
        for i, block in enumerate(self.blocks):
            x = block(x, rotation, None if caches is None else caches[i])
        return self.output(self.norm(x))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attention_norm = RMSNorm(width)
        self.attention = Attention(width)
        self.norm = RMSNorm(width)
        self.wide = nn.Linear(width, EXPANSION * width, bias=False)
        self.narrow = nn.Linear(EXPANSION * width, width, bias=False)

    def forward(self, x, rotation, cache):
        x = x + F.dropout(self.attention(self.attention_norm(x), rotation, cache), DROPOUT, self.training)
        hidden = ACTIVATIONS[ACTIVATION](self.wide(self.norm(x)))
        return x + F.dropout(self.narrow(hidden), DROPOUT, self.training)


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.heads = width // HEAD
        self.input = nn.Linear(width, 3 * width, bias=False)
        self.output = nn.Linear(width, width, bias=False)

    def forward(self, x, rotation, cache):
        batch, length, width = x.shape
        parts = self.input(x).view(batch, length, 3, self.heads, HEAD).permute(2, 0, 3, 1, 4)
        query, key, value = rotate(parts[0], rotation), rotate(parts[1], rotation), parts[2]
        if cache is not None:
            key, value = cache.add(key, value)
        mixed = attend(query, key, value)
        return self.output(mixed.transpose(1, 2).reshape(batch, length, width))


def attend(query, key, value):
    """Causal attention; the queries belong to the last of the keys."""
    asked, known = query.shape[2], key.shape[2]
    if hasattr(F, "scaled_dot_product_attention") and asked in (1, known):
        return F.scaled_dot_product_attention(query, key, value, is_causal=asked > 1)
    scores = query @ key.transpose(2, 3) / math.sqrt(HEAD)
    if asked > 1:
        later = torch.ones(asked, known, dtype=torch.bool, device=query.device).triu(known - asked + 1)
        scores = scores.masked_fill(later, -math.inf)
    return F.softmax(scores.float(), dim=-1).to(value.dtype) @ value


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return (x.float() * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype) * self.weight


def rotary_table(context, size):
    angles = torch.outer(torch.arange(context).float(), ROPE_BASE ** (-torch.arange(0, size, 2).float() / size))
    return angles.cos(), angles.sin()


def rotate(x, rotation):
    """Turns each pair of features by an angle that grows with the position."""
    cos, sin = rotation[0].to(x.dtype), rotation[1].to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


# --- Prediction -------------------------------------------------------------------------------------------------------


class Cache:
    """Keys and values of what a block has read."""

    def __init__(self, context):
        self.context = context
        self.length = 0
        self.parts = None

    def add(self, key, value):
        batch, heads, length, size = key.shape
        if self.parts is None:
            self.parts = key.new_empty(2, batch, heads, self.context, size)
        end = self.length + length
        self.parts[0, :, :, self.length : end] = key
        self.parts[1, :, :, self.length : end] = value
        self.length = end
        return self.parts[0, :, :, :end], self.parts[1, :, :, :end]


class Reader:
    """Reads streams side by side. When the context is full, its later half is read anew from the beginning."""

    def __init__(self, model, streams, device):
        self.model = model
        self.device = device
        self.recent = torch.full((streams, 1), ord("\n"), device=device)
        self.caches = None

    @torch.no_grad()
    def __call__(self, seen):
        if seen is not None:
            symbols = torch.frombuffer(bytearray(seen), dtype=torch.uint8).long().to(self.device)
            self.recent = torch.cat([self.recent, symbols[:, None]], dim=1)
        if self.recent.shape[1] > self.model.context:
            self.recent = self.recent[:, -self.model.context // 2 :]
            self.caches = None
        if self.caches is None:
            self.caches = [Cache(self.model.context) for _ in self.model.blocks]
        unread = self.recent[:, self.caches[0].length :]
        with autocast(self.device):
            scores = self.model(unread, self.caches)[:, -1]
        return F.log_softmax(scores.float(), dim=-1).cpu().numpy()


if __name__ == "__main__":
    main()
