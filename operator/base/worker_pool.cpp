#include "base/worker_pool.hpp"

#include <boost/lockfree/queue.hpp>

#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

/// Counts the calls of release() that no acquire() has used up. POSIX's: the standard library's may sleep for
/// ever in the versions of libstdc++ before 13 (PR 104928).
class semaphore {
public:
    semaphore() { ::sem_init(&count_, 0, 0); }
    ~semaphore() { ::sem_destroy(&count_); }
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    void release() noexcept { ::sem_post(&count_); }
    void acquire() noexcept {
        while (::sem_wait(&count_) != 0 && errno == EINTR) {
        }
    }

private:
    ::sem_t count_{};
};

} // namespace

struct worker_pool::state {
    static constexpr std::size_t first_places = 256; // it grows

    // The queue's elements have to be trivial, so it has what it owns as plain pointers.
    boost::lockfree::queue<task*> waiting{first_places};
    semaphore ready; // one for each task, and one for each thread when it is to end
    std::atomic<bool> is_stopped{false};
    std::atomic<bool> is_ending{false};
    std::size_t how_many = 0; // threads there are to be
    std::vector<std::thread> threads;

    void end_each() noexcept {
        for (std::size_t i = 0; i < how_many; ++i) {
            ready.release();
        }
    }

    void work() {
        while (true) {
            ready.acquire();
            if (is_stopped) return;
            task* next = nullptr;
            if (waiting.pop(next)) {
                const std::unique_ptr<task> mine{next};
                mine->run();
            } else if (is_ending) {
                return;
            }
        }
    }
};

worker_pool::worker_pool(std::size_t threads) : state_{std::make_unique<state>()} {
    state_->how_many = threads;
    try {
        for (std::size_t i = 0; i < threads; ++i) {
            state_->threads.emplace_back([s = state_.get()] { s->work(); });
        }
    } catch (const std::system_error&) {
        stop(); // a thread that can't be had ends the process; those before it must not be left running
        join();
        throw;
    }
}

worker_pool::~worker_pool() {
    stop();
    join();
    state_->waiting.consume_all([](task* left) { const std::unique_ptr<task> mine{left}; });
}

void worker_pool::push(std::unique_ptr<task> work) {
    // False only where no memory is left for another place; then the queue did not take it.
    if (!state_->waiting.push(work.get())) {
        throw std::bad_alloc{};
    }
    (void)work.release();
    state_->ready.release();
}

void worker_pool::stop() noexcept {
    state_->is_stopped = true;
    state_->end_each();
}

void worker_pool::join() {
    state_->is_ending = true;
    state_->end_each();
    for (auto& thread : state_->threads) {
        if (thread.joinable()) thread.join();
    }
    state_->threads.clear();
}

} // namespace holdfast
