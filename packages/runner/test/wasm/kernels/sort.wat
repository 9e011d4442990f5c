;; Quicksort of n u32 at 0, filled by a linear congruential generator.
(module
  (memory (export "memory") 16)
  (func (export "fill") (param $n i32)
    (local $i i32) (local $x i32)
    (local.set $x (i32.const 555))
    (loop $next
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $x))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func $sort (param $low i32) (param $high i32)
    (local $i i32) (local $j i32) (local $pivot i32) (local $swap i32)
    (if (i32.ge_s (local.get $low) (local.get $high)) (then (return)))
    (local.set $pivot (i32.load (i32.and (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)) (i32.const -4))))
    (local.set $i (i32.sub (local.get $low) (i32.const 4)))
    (local.set $j (i32.add (local.get $high) (i32.const 4)))
    (block $parted (loop $part
      (loop $up
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if $up (i32.lt_u (i32.load (local.get $i)) (local.get $pivot))))
      (loop $down
        (local.set $j (i32.sub (local.get $j) (i32.const 4)))
        (br_if $down (i32.gt_u (i32.load (local.get $j)) (local.get $pivot))))
      (br_if $parted (i32.ge_s (local.get $i) (local.get $j)))
      (local.set $swap (i32.load (local.get $i)))
      (i32.store (local.get $i) (i32.load (local.get $j)))
      (i32.store (local.get $j) (local.get $swap))
      (br $part)))
    (call $sort (local.get $low) (local.get $j))
    (call $sort (i32.add (local.get $j) (i32.const 4)) (local.get $high)))
  (func (export "run") (param $n i32) (result f64)
    (call $sort (i32.const 0) (i32.shl (i32.sub (local.get $n) (i32.const 1)) (i32.const 2)))
    (f64.convert_i32_u (i32.load (i32.shl (local.get $n) (i32.const 1))))))
