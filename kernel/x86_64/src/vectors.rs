//! Into the kernel and out of it.
//!
//! Every way in saves all registers in the [`Context`](crate::context::Context) that
//! `current_context` points to; every way out is `load_context`. It ends in `iretq`
//! and never in `sysret`, whose treatment of odd return addresses differs between
//! processors and has been a hole in many kernels.
//!
//! The kernel itself takes no exception, and an interrupt only at the one `hlt` of its
//! idle loop: that stub notes the vector and returns with interrupts masked, so still
//! only one of them is in hand at a time.

use core::sync::atomic::AtomicU64;

/// The vector that ended the idle loop's `hlt`; 0 for none.
pub(crate) static IDLE_VECTOR: AtomicU64 = AtomicU64::new(0);

core::arch::global_asm!(
    r#"
    .macro save_general                 // all but rcx (holds the context) and rsp
        movq    %rdi, 0(%rcx)
        movq    %rsi, 8(%rcx)
        movq    %rdx, 16(%rcx)
        movq    %r10, 24(%rcx)
        movq    %r8, 32(%rcx)
        movq    %r9, 40(%rcx)
        movq    %r12, 48(%rcx)
        movq    %r13, 56(%rcx)
        movq    %r14, 64(%rcx)
        movq    %r15, 72(%rcx)
        movq    %rax, 80(%rcx)
        movq    %rbx, 96(%rcx)
        movq    %rbp, 104(%rcx)
        movq    %r11, 112(%rcx)
    .endm

    .section .text.vectors, "ax"
    .balign 16
    .global vector_stubs
vector_stubs:
    .set    vector, 0
    .rept   256
    .balign 16
    .if     vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 && vector != 30
    pushq   $0                          // where the processor pushes no error code
    .endif
    pushq   $vector
    jmp     exception_common
    .set    vector, vector + 1
    .endr

    .balign 16
exception_common:                       // vector, error, rip, cs, rflags, rsp, ss
    testb   $3, 24(%rsp)
    jz      exception_in_kernel
    pushq   %rcx
    movq    current_context(%rip), %rcx
    save_general
    popq    %rax
    movq    %rax, 88(%rcx)
    popq    %rdi
    popq    %rsi
    popq    %rax
    movq    %rax, 128(%rcx)
    popq    %rax
    popq    %rax
    movq    %rax, 136(%rcx)
    popq    %rax
    movq    %rax, 120(%rcx)
    leaq    __stack_top(%rip), %rsp
    pushq   $2                          // no flag of the process stays in force
    popfq
    call    {exception}
    jmp     load_context_rax

    .global kernel_system_call
kernel_system_call:
    movq    %rsp, system_call_stack(%rip)
    leaq    __stack_top(%rip), %rsp
    pushq   %rcx
    movq    current_context(%rip), %rcx
    save_general
    popq    %rax
    movq    %rax, 128(%rcx)
    movq    %r11, 136(%rcx)
    movq    system_call_stack(%rip), %rax
    movq    %rax, 120(%rcx)
    xorl    %eax, %eax
    movq    %rax, 88(%rcx)
    movq    %rax, 112(%rcx)
    movq    80(%rcx), %rdi
    call    {system_call}

load_context_rax:
    movq    %rax, %rdi
    .global load_context
load_context:                           // rdi: the context
    movq    %rdi, current_context(%rip)
    leaq    __stack_top(%rip), %rsp
    xorl    %eax, %eax                  // segment registers tell nobody anything
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %fs
    movl    %eax, %gs
    pushq   ${user_data}
    pushq   120(%rdi)
    pushq   136(%rdi)
    pushq   ${user_code}
    pushq   128(%rdi)
    movq    8(%rdi), %rsi
    movq    16(%rdi), %rdx
    movq    24(%rdi), %r10
    movq    32(%rdi), %r8
    movq    40(%rdi), %r9
    movq    48(%rdi), %r12
    movq    56(%rdi), %r13
    movq    64(%rdi), %r14
    movq    72(%rdi), %r15
    movq    80(%rdi), %rax
    movq    88(%rdi), %rcx
    movq    96(%rdi), %rbx
    movq    104(%rdi), %rbp
    movq    112(%rdi), %r11
    movq    0(%rdi), %rdi
    iretq

exception_in_kernel:
    cmpq    $32, (%rsp)
    jb      kernel_broken
    pushq   %rax
    movq    8(%rsp), %rax
    movq    %rax, {idle_vector}(%rip)
    popq    %rax
    addq    $16, %rsp
    andq    $~0x200, 16(%rsp)           // interrupts stay masked behind the hlt
    iretq

kernel_broken:
    movq    (%rsp), %rdi
    movq    8(%rsp), %rsi
    movq    16(%rsp), %rdx
    movq    %cr2, %rcx
    andq    $-16, %rsp
    call    {broken}
1:  hlt
    jmp     1b

    .section .bss.vectors, "aw", @nobits
    .balign 8
current_context:
    .space  8
system_call_stack:
    .space  8
    .text
    "#,
    user_data = const crate::segments::USER_DATA,
    user_code = const crate::segments::USER_CODE,
    exception = sym crate::entry::exception,
    system_call = sym crate::entry::system_call,
    broken = sym crate::entry::broken,
    idle_vector = sym IDLE_VECTOR,
    options(att_syntax)
);
