#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace holdfast {

/// Threads for what blocks or burns processor time, so that the loop does neither.
///
/// post() never waits for one of the threads, whatever they are doing: there is no lock that a thread could
/// hold while the kernel runs somebody else, and no condition variable, whose signaller waits for waiters
/// that were woken and did not run yet. On a busy machine both kept the loop still for tens of milliseconds.
class worker_pool {
public:
    explicit worker_pool(std::size_t threads);
    /// As stop() and join(). Work that did not begin is destroyed here.
    ~worker_pool();
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    /// Has `work`, a move-only function without arguments, called once on one of the threads, in the order of
    /// the calls. It must not throw. From any thread. After stop() it is never called, only destroyed.
    template <class F>
    void post(F work) {
        push(std::make_unique<task_of<F>>(std::move(work)));
    }

    /// Begins no more work; what runs goes on. From any thread.
    void stop() noexcept;

    /// Returns when the threads have ended: when all that was posted before is done or, after stop(), when
    /// what ran is. To be called by one thread, which is none of them; nothing is posted afterwards.
    void join();

private:
    struct task {
        task() = default;
        task(const task&) = delete;
        task& operator=(const task&) = delete;
        virtual ~task() = default;
        virtual void run() = 0;
    };
    template <class F>
    struct task_of final : task {
        explicit task_of(F w) : work{std::move(w)} {}
        void run() override { work(); }
        F work;
    };
    struct state;

    void push(std::unique_ptr<task> work);

    std::unique_ptr<state> state_;
};

} // namespace holdfast
